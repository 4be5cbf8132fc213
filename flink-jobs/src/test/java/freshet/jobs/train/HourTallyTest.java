package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HourTallyTest {
    private static final ModelSpec SPEC = TinyModel.config().model();
    private static final long SERVED_AS_OF = 0;

    private final List<LabeledExample> examples = ExampleStreams.random(5, 64, 3_600_000, "click", "like");

    @Test
    void meansAreThoseOfTheHour() throws IOException {
        SortedMap<String, SortedMap<String, Double>> hour = hour(new HourTally(SPEC), 0, examples.size());

        double delayMillis = 0;
        double ageMillis = 0;
        int labels = 0;
        for (LabeledExample example : examples) {
            for (TaskLabel label : example.labels()) {
                if (label.task().equals("click") && !label.isCorrection()) {
                    labels++;
                    delayMillis += example.decidedTimeMillis() - example.eventTimeMillis();
                    ageMillis += example.eventTimeMillis() - SERVED_AS_OF;
                }
            }
        }
        SortedMap<String, Double> click = hour.getOrDefault("click", new TreeMap<>());
        assertThat(click.get("label_delay_seconds")).isCloseTo(delayMillis / labels / 1000, within(1e-9));
        assertThat(click.get("served_age_seconds")).isCloseTo(ageMillis / labels / 1000, within(1e-9));
        assertThat(click.get("task_weight")).isEqualTo(1.0);
        // A gate, with what dropout leaves, is a distribution over experts.
        assertThat(click.getOrDefault("expert_0", 0.0) + click.getOrDefault("expert_1", 0.0))
                .isCloseTo(1, within(1e-5));
        assertThat(click.get("expert_0")).isBetween(0.01, 0.99);
    }

    @Test
    void goesOnAfterARestoreAndBeginsAnewAfterAnHour() throws IOException {
        HourTally first = new HourTally(SPEC);
        Learner learner = new Learner(SPEC);
        tally(first, learner, 0, 32);
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        first.save(new DataOutputStream(saved));
        HourTally second = new HourTally(SPEC);
        second.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        tally(second, learner, 32, 64);

        assertThat(close(second)).isEqualTo(hour(new HourTally(SPEC), 0, 64));
        assertThat(close(second)).allSatisfy((task, means) -> assertThat(means).isEmpty());
    }

    private SortedMap<String, SortedMap<String, Double>> hour(HourTally tally, int from, int to) {
        tally(tally, new Learner(SPEC), from, to);
        return close(tally);
    }

    private void tally(HourTally tally, Learner learner, int from, int to) {
        float[] predictions = new float[16 * SPEC.taskCount()];
        for (int at = from; at < to; at += 16) {
            List<LabeledExample> batch = examples.subList(at, at + 16);
            learner.step(batch, predictions);
            tally.learnt(learner);
            for (LabeledExample example : batch) {
                example.labels()
                        .forEach(label -> tally.scored(
                                example, SPEC.taskIndex(label.task()), label, OptionalLong.of(SERVED_AS_OF)));
            }
        }
    }

    private static SortedMap<String, SortedMap<String, Double>> close(HourTally tally) {
        SortedMap<String, SortedMap<String, Double>> metrics = new TreeMap<>();
        SPEC.tasks().forEach(task -> metrics.put(task.name(), new TreeMap<>()));
        tally.closeInto(metrics);
        return metrics;
    }
}
