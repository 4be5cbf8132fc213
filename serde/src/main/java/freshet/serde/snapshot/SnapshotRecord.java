package freshet.serde.snapshot;

import java.util.Objects;

/**
 * One Kafka record of the topics of snapshots, deltas or the registry, ready to send. The same snapshot or delta always gives
 * the same records, so that sending them twice is harmless.
 *
 * @param key UTF-8 text, such as {@code <version>/chunk/<index>} or {@code <version>/manifest}
 * @param value a chunk's bytes, or one line of JSON
 */
public record SnapshotRecord(String key, byte[] value) {
    public SnapshotRecord {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value");
    }
}
