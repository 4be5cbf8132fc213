package freshet.jobs.seal;

import java.io.IOException;
import java.util.Arrays;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;

/**
 * What lives in RocksDB's tables of a checkpoint.
 *
 * @param values how many
 * @param bytes of them with their keys
 * @param tableBytes of the tables, which hold older values until they are merged
 * @param hash of all keys and values in their order
 */
public record StoredState(long values, long bytes, long tableBytes, int hash) {

    /** Reads all tables of all operators. */
    public static StoredState of(java.nio.file.Path checkpoint) throws IOException {
        long[] sums = new long[3];
        int[] hash = {1};
        SealedCheckpoint read = SealedCheckpoint.read(new Path(checkpoint.toUri()));
        for (IncrementalRemoteKeyedStateHandle database :
                StateStreams.of(read.metadata()).tables()) {
            database.getSharedState()
                    .forEach(table -> sums[2] += table.getHandle().getStateSize());
            try (RocksTables tables = RocksTables.open(database)) {
                tables.read((key, value) -> {
                    sums[0]++;
                    sums[1] += key.length + value.length;
                    hash[0] = (31 * hash[0] + Arrays.hashCode(key)) * 31 + Arrays.hashCode(value);
                });
            }
        }
        return new StoredState(sums[0], sums[1], sums[2], hash[0]);
    }
}
