package freshet.jobs.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.replay.ReplayJob;
import freshet.jobs.replay.ReplayOptions;
import freshet.jobs.replay.ReplayResult;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a deployment comes to that nobody disturbs: a replay of the same events from files.
 *
 * @param events the folder of the events
 * @param snapshots SHA-256 of every snapshot
 * @param examples how many there are
 * @param ledger of the examples job
 */
record Undisturbed(Path events, SortedMap<SnapshotVersion, String> snapshots, long examples, JsonNode ledger) {

    /** Replays a folder of events. */
    static Undisturbed replay(Path events, Path out, FreshetConfig config) throws Exception {
        ReplayResult result = ReplayJob.run(new ReplayOptions(events, out, config, 2));
        SnapshotDirectory directory = new SnapshotDirectory(out.resolve("snapshots"));
        SortedMap<SnapshotVersion, String> snapshots = new TreeMap<>();
        for (SnapshotVersion version : directory.versions()) {
            snapshots.put(version, directory.read(version).manifest().sha256());
        }
        try (Stream<String> examples = Files.lines(result.out().resolve("examples.jsonl"))) {
            return new Undisturbed(
                    events,
                    snapshots,
                    examples.count(),
                    new ObjectMapper().readTree(out.resolve("ledger.json").toFile()));
        }
    }
}
