package freshet.jobs.faults;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.gate.ServedAfterEach;
import freshet.serde.event.Event;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/**
 * What scripts send, and what must come of it: a replay of the same events, which nobody disturbs. Of its four snapshots the
 * first is not good enough for the gate.
 *
 * @param events in the order of their arrival
 * @param snapshots SHA-256 of every snapshot that a stream without an end comes to
 * @param judged what a gate makes of them
 * @param yaml the configuration, but for topics
 */
record Workload(List<Event> events, SortedMap<SnapshotVersion, String> snapshots, Registry judged, String yaml) {
    private static final long SEED = 51;
    private static final int USERS = 3_000;
    private static final int IMPRESSIONS = 20_000;

    private static final int FEW_CHUNKS = 128;
    private static final int MANY_CHUNKS = 512;

    private static String yaml(int userDim) {
        return ViewerEvents.YAML
                        .replace(
                                "embeddings: [{feature: video, dim: 2}]",
                                "embeddings: [{feature: video, dim: 2}, {feature: user, dim: " + userDim + "}]")
                        .replace("max_disorder: 1m", "max_disorder: 1m\n  idle_timeout: 10m")
                + """
                gate: {calibration_high: 7, good_in_row: 1}
                kafka: {max.poll.records: 200}
                """;
    }

    /**
     * Draws the events and replays them. Snapshots are of a few chunks.
     *
     * @param folder for the files of both
     */
    static Workload replay(Path folder) throws Exception {
        return replay(folder, yaml(FEW_CHUNKS));
    }

    /** As {@link #replay(Path)}, with snapshots so large that one can be caught while it is written. */
    static Workload replayOfLargeSnapshots(Path folder) throws Exception {
        return replay(folder, yaml(MANY_CHUNKS));
    }

    private static Workload replay(Path folder, String yaml) throws Exception {
        List<Event> events = ViewerFeed.arrival(SEED, USERS, IMPRESSIONS);
        ViewerFeed.write(events, folder.resolve("events"));
        FreshetConfig config = FreshetConfig.parse("viewers.yaml", yaml);
        Path out = folder.resolve("undisturbed");
        SortedMap<SnapshotVersion, String> snapshots = Undisturbed.replay(folder.resolve("events"), out, config)
                .snapshots()
                .headMap(new SnapshotVersion(ViewerFeed.END_MILLIS));
        SnapshotDirectory directory = new SnapshotDirectory(out.resolve("snapshots"));
        List<Snapshot> all = new ArrayList<>();
        for (SnapshotVersion version : snapshots.keySet()) {
            all.add(directory.read(version));
        }
        return new Workload(events, snapshots, ServedAfterEach.registryAfter(config, all), yaml);
    }

    /** Their configuration, with topics of their own. */
    FreshetConfig config(String name) {
        return configOf(yaml, name);
    }

    /** A configuration whose topics begin with a name. */
    static FreshetConfig configOf(String yaml, String name) {
        StringBuilder topics = new StringBuilder("topics:\n");
        for (String topic : List.of(
                "impressions",
                "feedback",
                "histories",
                "examples",
                "dead_letters",
                "late",
                "snapshots",
                "model_deltas",
                "model_registry",
                "trainer_control",
                "user_features",
                "video_features")) {
            topics.append("  %s: %s.%s%n".formatted(topic, name, topic));
        }
        return FreshetConfig.parse("viewers.yaml", yaml + topics).withJsonEvents();
    }
}
