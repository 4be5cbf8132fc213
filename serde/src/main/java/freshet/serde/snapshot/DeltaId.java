package freshet.serde.snapshot;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which delta: the snapshot it leads on from, and its place behind that. Written {@code 20220425T16Z/delta/3}.
 *
 * @param base the newest snapshot at or before its beginning
 * @param sequence 1 for the first one behind the base
 */
public record DeltaId(SnapshotVersion base, int sequence) implements Comparable<DeltaId> {
    private static final Comparator<DeltaId> ORDER =
            Comparator.comparing(DeltaId::base).thenComparingInt(DeltaId::sequence);
    private static final Pattern KEY =
            Pattern.compile("([0-9TZ]{1,20})/delta/([1-9]\\d{0,8})/(?:chunk/(\\d{1,7})|manifest)");

    public DeltaId {
        if (sequence < 1) {
            throw new IllegalArgumentException(
                    "delta of " + base + ": found sequence " + sequence + ", expected 1 or more");
        }
    }

    @Override
    public String toString() {
        return base + "/delta/" + sequence;
    }

    @Override
    public int compareTo(DeltaId that) {
        return ORDER.compare(this, that);
    }

    /**
     * What a record's key says.
     *
     * @param chunk index of the chunk, or {@link SnapshotRecords.Key#MANIFEST}
     */
    record Key(DeltaId id, int chunk) {

        /** The key that a text spells; null where it spells none. */
        static @Nullable Key parse(String text) {
            Matcher matcher = KEY.matcher(text);
            if (!matcher.matches()) {
                return null;
            }
            try {
                DeltaId id = new DeltaId(SnapshotVersion.parse(matcher.group(1)), Integer.parseInt(matcher.group(2)));
                String chunk = matcher.group(3);
                return new Key(id, chunk == null ? SnapshotRecords.Key.MANIFEST : Integer.parseInt(chunk));
            } catch (BadSnapshotException e) {
                return null;
            }
        }
    }
}
