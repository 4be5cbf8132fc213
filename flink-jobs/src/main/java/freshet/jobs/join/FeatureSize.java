package freshet.jobs.join;

import freshet.features.extract.FeatureBytes;
import freshet.serde.example.FeatureValues;
import java.nio.charset.StandardCharsets;

/** Whether features are small enough for a record of the examples topic. */
final class FeatureSize {
    private FeatureSize() {}

    /**
     * Whether they take at most so many bytes in an example, the names of the features not counted.
     *
     * @param encoded as {@link FeatureBytes}
     */
    static boolean fit(byte[] encoded, long mostBytes) {
        // In an example an id takes two bytes more than here, of which it has one at least: nearly always that is
        // enough to know.
        return 3L * encoded.length <= mostBytes || bytesInExample(FeatureBytes.decode(encoded)) <= mostBytes;
    }

    private static long bytesInExample(FeatureValues values) {
        long bytes = (long) Float.BYTES * values.numbers().length;
        for (String[] ids : values.ids()) {
            bytes += 3L * ids.length;
            for (String id : ids) {
                bytes += id.getBytes(StandardCharsets.UTF_8).length;
            }
        }
        return bytes;
    }
}
