package freshet.serde.snapshot;

import java.util.Objects;

/**
 * One Kafka record of the snapshot topic, ready to send: a chunk of a snapshot, or its manifest. The same snapshot always
 * gives the same records, so that sending them twice is harmless.
 *
 * @param key UTF-8 text: {@code <version>/chunk/<index>} or {@code <version>/manifest}
 * @param value a chunk's bytes, or the manifest as one line of JSON
 */
public record SnapshotRecord(String key, byte[] value) {
    public SnapshotRecord {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value");
    }
}
