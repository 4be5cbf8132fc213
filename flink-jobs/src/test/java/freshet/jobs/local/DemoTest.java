package freshet.jobs.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.jobs.report.TruthComparison;
import freshet.jobs.sim.ListRanker;
import freshet.jobs.sim.Truth;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
    private static final long MINUTE_MILLIS = 60_000;

    @TempDir
    Path folder;

    /** The whole of it; long, since a broker and a cluster start and half an hour of event time passes. */
    @Test
    @Tag("faults")
    void viewersEndUpWithListsThatASnapshotRanked() throws Exception {
        StringWriter err = new StringWriter();
        DemoOptions options = new DemoOptions(folder, Duration.ofSeconds(60), 360, 0, 1, DemoOptions.Afterwards.REMOVE);

        boolean ranked = new Demo(options, new PrintWriter(err, true)).run();

        assertThat(ranked).as(err.toString()).isTrue();
        assertThat(err.toString())
                .contains(
                        "broker      127.0.0.1:",
                        "dashboard   http://127.0.0.1:",
                        "first snapshot, 20260302T07Z, ranks")
                .doesNotContain("attention", "refused");
        assertThat(folder.resolve("report.html")).content().contains("Against the truth", "20260302T07Z");
        assertThat(folder)
                .as("the broker's data and the checkpoints are gone")
                .isDirectoryNotContaining("glob:**work*");
    }

    @Test
    void scoreComparesWhatWasServedWithTheTruth() {
        DemoScore score = new DemoScore();
        Random random = new Random(1);
        int count = 20_000;
        for (int i = 0; i < count; i++) {
            double click = random.nextDouble();
            double positionEffect = -random.nextInt(8) / 4.0;
            // A server that knows all but the position.
            float served = (float) (StrictMath.log(click / (1 - click)) - positionEffect);
            String id = "i" + i;
            long atMillis = i * MINUTE_MILLIS / 100;
            score.truth(new Truth(id, click, 0, 0, positionEffect, i % 5 == 0));
            score.arrives(Impression.builder(id, "u", "v", atMillis)
                    .score(ListRanker.SCORE, served)
                    .build());
            if (random.nextDouble() < click) {
                score.arrives(new Feedback(id + "-click", id, "u", "v", atMillis, "click", 1));
            }
        }

        TruthComparison truth = score.compare(List.of());

        assertThat(truth.impressions()).as("the second half").isCloseTo(count / 2, within(200L));
        assertThat(truth.servedAuc()).isCloseTo(truth.bestServedAuc(), within(1e-4));
        assertThat(truth.bestAuc()).isGreaterThan(truth.bestServedAuc()).isCloseTo(5 / 6.0, within(0.01));
        assertThat(score.clickRateRanked()).isCloseTo(0.5, within(0.02));
        assertThat(score.clickRateExplored()).isCloseTo(0.5, within(0.02));
    }

    @Test
    void progressSaysWhatIsKnownAndADashForTheRest() {
        DemoProgress progress = new DemoProgress(List.of("click", "watch"));

        String first = progress.next(
                new DemoProgress.State(Duration.ofSeconds(65), 1_772_433_000_000L, 12, "-", new TreeMap<>()));
        String second = progress.next(new DemoProgress.State(
                Duration.ofSeconds(67),
                1_772_433_060_000L,
                345,
                "20260302T07Z",
                new TreeMap<>(Map.of(
                        "Train.frontierMillis", 1_772_433_000_000.0,
                        "Train.examplesLearnt", 300.0,
                        "Train.snapshots", 1.0,
                        "Train.task.click.auc", 0.71234,
                        "Train.task.click.log_loss", 0.5,
                        "Train.task.watch.mse", 0.25))));

        assertThat(first).as("with a head").contains("learnt", "click", "watch").endsWith("-           -");
        assertThat(second.strip().split(" +"))
                .containsExactly(
                        "1:07", "06:31", "06:30", "345", "300", "1", "20260302T07Z", "0.712", "0.500", "0.250");
    }
}
