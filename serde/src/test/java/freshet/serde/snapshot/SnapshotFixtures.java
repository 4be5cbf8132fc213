package freshet.serde.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Small snapshots with arbitrary content, a function of their seed. */
final class SnapshotFixtures {
    static final long HOUR = 3_600_000L;
    static final long FIRST = 1_650_902_400_000L; // 20220425T16Z

    private SnapshotFixtures() {}

    static SnapshotVersion version(int hour) {
        return new SnapshotVersion(FIRST + hour * HOUR);
    }

    static SnapshotDescription description(int hour) {
        return description(hour, 1);
    }

    static SnapshotDescription description(int hour, long generation) {
        SortedMap<String, SortedMap<String, Double>> metrics = new TreeMap<>();
        metrics.put("like", new TreeMap<>());
        metrics.put("click", new TreeMap<>(Map.of("log_loss", 0.5, "auc", 0.725, "ne", 0.333333333333333)));
        @Nullable SnapshotVersion parent = hour == 0 ? null : version(hour - 1);
        return new SnapshotDescription(
                "test",
                generation,
                version(hour),
                parent,
                Checksums.sha256("model"),
                Checksums.sha256("features"),
                lineage(hour),
                List.of("click", "like"),
                1000L + hour,
                new TreeMap<>(Map.of("like", new TreeMap<>(Map.of("negatives", 0.1)))),
                metrics,
                new TreeMap<>(Map.of("click", new TreeMap<>(Map.of("slope", 0.98, "offset", -0.01)))),
                "golden.bin");
    }

    static String lineage(int hour) {
        return Checksums.sha256("lineage " + hour);
    }

    /** Three files of which the second spans chunks and one is empty. */
    static Snapshot snapshot(int hour, long seed) {
        SplittableRandom random = new SplittableRandom(seed * 31 + hour);
        List<SnapshotFile> files = new ArrayList<>();
        int large = 2 * SnapshotRecords.MAX_CHUNK_BYTES + random.nextInt(SnapshotRecords.MAX_CHUNK_BYTES);
        String[] names = {"model.json", "rows.bin", "empty.bin", "golden.bin"};
        int[] lengths = {random.nextInt(1, 2000), large, 0, random.nextInt(1, 2000)};
        for (int i = 0; i < names.length; i++) {
            byte[] bytes = new byte[lengths[i]];
            random.nextBytes(bytes);
            files.add(new SnapshotFile(names[i], bytes));
        }
        return Snapshot.of(description(hour), files);
    }

    /** One chunk only, for tests that need many. */
    static Snapshot tiny(int hour) {
        return tiny(hour, 1);
    }

    static Snapshot tiny(int hour, long generation) {
        byte[] bytes = ("snapshot " + hour).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return Snapshot.of(description(hour, generation), List.of(new SnapshotFile("golden.bin", bytes)));
    }

    static final int DELTAS_PER_HOUR = 4;

    /** The deltas from one hour to the next. The last leads to the next hour's lineage; in between they have their own. */
    static List<Delta> deltas(int hour, long generation, ManifestSigner signer) {
        List<Delta> deltas = new ArrayList<>();
        for (int sequence = 1; sequence <= DELTAS_PER_HOUR; sequence++) {
            byte[] bytes = ("delta " + hour + "/" + sequence).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            DeltaDescription description = new DeltaDescription(
                    "test",
                    generation,
                    new DeltaId(version(hour), sequence),
                    FIRST + hour * HOUR + sequence * HOUR / DELTAS_PER_HOUR,
                    Checksums.sha256("model"),
                    lineage(hour, sequence - 1),
                    lineage(hour, sequence),
                    1000L + hour);
            deltas.add(Delta.of(description, List.of(new SnapshotFile("rows.bin", bytes)), signer));
        }
        return deltas;
    }

    static String lineage(int hour, int sequence) {
        if (sequence == DELTAS_PER_HOUR) {
            return lineage(hour + 1);
        }
        return sequence == 0 ? lineage(hour) : Checksums.sha256("lineage " + hour + "/" + sequence);
    }
}
