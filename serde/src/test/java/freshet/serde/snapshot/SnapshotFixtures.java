package freshet.serde.snapshot;

import java.util.ArrayList;
import java.util.List;
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
        SortedMap<String, SortedMap<String, Double>> metrics = new TreeMap<>();
        metrics.put("like", new TreeMap<>());
        metrics.put("click", new TreeMap<>(java.util.Map.of("log_loss", 0.5, "auc", 0.725, "ne", 0.333333333333333)));
        @Nullable SnapshotVersion parent = hour == 0 ? null : version(hour - 1);
        return new SnapshotDescription(
                "test",
                version(hour),
                parent,
                Checksums.sha256("model"),
                Checksums.sha256("features"),
                List.of("click", "like"),
                1000L + hour,
                metrics,
                "golden.bin");
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
        byte[] bytes = ("snapshot " + hour).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return Snapshot.of(description(hour), List.of(new SnapshotFile("golden.bin", bytes)));
    }
}
