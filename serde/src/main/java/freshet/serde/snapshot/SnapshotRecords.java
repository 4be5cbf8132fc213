package freshet.serde.snapshot;

import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot as records of a topic: its chunks in order, then the manifest. A pure function of the snapshot, so sending
 * all or a part of them again does no harm; before the manifest arrives there is no snapshot. All records of one model
 * belong in one partition, since that is what keeps the manifest last. Thread-safe.
 */
public final class SnapshotRecords {

    /** Well under the 1 MiB that a broker and a producer accept unless configured otherwise. */
    public static final int MAX_CHUNK_BYTES = 512 << 10;

    private static final Pattern KEY = Pattern.compile("([0-9TZ]{1,20})/(?:chunk/(\\d{1,7})|manifest)");

    private SnapshotRecords() {}

    /** How many chunks content of this length has. */
    static int chunkCount(long bytes) {
        return (int) Math.min(Integer.MAX_VALUE, (bytes + MAX_CHUNK_BYTES - 1) / MAX_CHUNK_BYTES);
    }

    static SnapshotRecord chunk(SnapshotVersion version, int index, byte[] body) {
        return new SnapshotRecord(version + "/chunk/" + index, body);
    }

    static SnapshotRecord manifest(SnapshotVersion version, String line) {
        return new SnapshotRecord(version + "/manifest", line.getBytes(StandardCharsets.UTF_8));
    }

    /** The records in the order of sending. A chunk is copied out of its file only when the list is asked for it. */
    public static List<SnapshotRecord> of(Snapshot snapshot) {
        SnapshotContent content = new SnapshotContent(snapshot.files());
        int chunks = content.chunkCount();
        return new AbstractList<>() {
            @Override
            public SnapshotRecord get(int index) {
                return index == chunks
                        ? manifest(snapshot.version(), snapshot.manifestLine())
                        : chunk(snapshot.version(), index, content.chunk(index));
            }

            @Override
            public int size() {
                return chunks + 1;
            }
        };
    }

    /** Of which snapshot a record is part, by its key; empty where that is no key of this format. */
    public static Optional<SnapshotVersion> versionOf(SnapshotRecord record) {
        return Optional.ofNullable(Key.parse(record.key())).map(Key::version);
    }

    /**
     * What a record's key says.
     *
     * @param chunk index of the chunk, or {@link #MANIFEST}
     */
    record Key(SnapshotVersion version, int chunk) {
        static final int MANIFEST = -1;

        /** The key that a text spells; null where it spells none. */
        static @Nullable Key parse(String text) {
            Matcher matcher = KEY.matcher(text);
            if (!matcher.matches()) {
                return null;
            }
            try {
                SnapshotVersion version = SnapshotVersion.parse(matcher.group(1));
                return new Key(version, matcher.group(2) == null ? MANIFEST : Integer.parseInt(matcher.group(2)));
            } catch (BadSnapshotException e) {
                return null;
            }
        }
    }
}
