package freshet.jobs.cli;

import freshet.jobs.dataset.EventFile;
import freshet.jobs.dataset.ImportSummary;
import freshet.jobs.sim.ListRanker;
import freshet.jobs.sim.RankOrder;
import freshet.jobs.sim.SimulationOutput;
import freshet.jobs.sim.SimulationSettings;
import freshet.jobs.sim.Simulator;
import freshet.jobs.sim.Truth;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.wire.Decimals;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet simulate}: events with a known truth, to files. */
@Command(
        name = "simulate",
        description = {
            "Writes events of simulated viewers whose tastes are known.",
            "Writes impressions.jsonl.gz and feedback.jsonl.gz in order of arrival (late, out of order and sometimes twice),"
                    + " truth.jsonl with the true probabilities of each impression, and import.json."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SimulateCommand implements Callable<Integer> {
    /** The {@link ImportSummary#source} of these events. */
    static final String SOURCE = "simulate";

    private static final String TRUTH = "truth.jsonl";
    private static final long MILLIS_PER_MINUTE = 60_000;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the events.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path out;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "The same seed gives the same events (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "360",
            description = "Event time to simulate (default: ${DEFAULT-VALUE}).")
    private long minutes;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "400",
            description = "How many viewers (default: ${DEFAULT-VALUE}).")
    private int users;

    @Option(
            names = "--videos",
            paramLabel = "N",
            defaultValue = "240",
            description = "How many videos (default: ${DEFAULT-VALUE}).")
    private int videos;

    @Option(
            names = "--requests-per-minute",
            paramLabel = "N",
            defaultValue = "40",
            description = "Lists of 8 that viewers ask for (default: ${DEFAULT-VALUE}).")
    private int requestsPerMinute;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        SimulationSettings settings = SimulationSettings.small(seed)
                .withUsers(users)
                .withVideos(videos)
                .withRequestsPerMinute(requestsPerMinute);
        Files.createDirectories(out);
        Files.deleteIfExists(out.resolve(ImportSummary.FILE));
        try (Writing writing = new Writing(out)) {
            Simulator simulator = new Simulator(settings, ListRanker.NONE, writing);
            for (long minute = 1; minute <= minutes; minute++) {
                simulator.advance(settings.startMillis() + minute * MILLIS_PER_MINUTE);
            }
            simulator.finish();
            ImportSummary summary = writing.summary(settings, minutes);
            summary.write(out);
            spec.commandLine().getErr().println(summary.text());
            spec.commandLine()
                    .getErr()
                    .println("best possible AUC of click "
                            + Decimals.text(writing.best().auc(), 4));
        }
        spec.commandLine().getOut().println(out);
        return 0;
    }

    /** Puts what the simulator yields into the files of a folder. */
    private static final class Writing implements SimulationOutput, AutoCloseable {
        private final EventFile impressions;
        private final EventFile feedback;
        private final BufferedWriter truths;
        private final Map<String, Double> clickProbabilities = new LinkedHashMap<>();
        private final Set<String> clicked = new HashSet<>();
        private final Map<String, Long> kinds = new TreeMap<>();

        Writing(Path folder) throws IOException {
            impressions = new EventFile(folder.resolve(EventFile.IMPRESSIONS));
            feedback = new EventFile(folder.resolve(EventFile.FEEDBACK));
            truths = Files.newBufferedWriter(folder.resolve(TRUTH));
        }

        @Override
        public void arrives(Event event, long arrivalMillis) {
            try {
                if (event instanceof Impression) {
                    impressions.write(event);
                } else if (event instanceof Feedback what) {
                    feedback.write(event);
                    kinds.merge(what.kind(), 1L, Long::sum);
                    if (what.kind().equals("click") && what.impressionId() != null) {
                        clicked.add(what.impressionId());
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void truth(Truth truth) {
            clickProbabilities.put(truth.impressionId(), truth.click());
            try {
                truths.write(truth.toJson());
                truths.write('\n');
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        RankOrder best() {
            RankOrder best = new RankOrder();
            clickProbabilities.forEach((id, probability) -> best.add(probability, clicked.contains(id)));
            return best;
        }

        ImportSummary summary(SimulationSettings settings, long minutes) {
            Map<String, Long> events = new LinkedHashMap<>();
            events.put("impressions", impressions.count());
            events.put("feedback", feedback.count());
            events.putAll(kinds);
            Map<String, Long> made = new LinkedHashMap<>();
            made.put("seed", settings.seed());
            made.put("minutes", minutes);
            made.put("users", (long) settings.users());
            made.put("videos", (long) settings.videos());
            return new ImportSummary(
                    SOURCE,
                    made,
                    events,
                    Map.of(),
                    0,
                    List.of(),
                    List.of("an event arrives at most " + settings.maxDelayMillis() / 1000
                            + " s of event time after it happened"));
        }

        @Override
        public void close() throws IOException {
            try (impressions;
                    feedback;
                    truths) {
                truths.flush();
            }
        }
    }
}
