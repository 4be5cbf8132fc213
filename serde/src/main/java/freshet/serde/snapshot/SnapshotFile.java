package freshet.serde.snapshot;

import java.util.regex.Pattern;

/**
 * One file of a snapshot. The bytes are shared, not copied: nobody may write to them.
 *
 * @param name without folders: letters, digits, dot, dash and underscore, not starting with a dot, so that a manifest can
 *     never name a place outside its directory
 */
public record SnapshotFile(String name, byte[] bytes) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}");

    public SnapshotFile {
        if (!isName(name)) {
            throw new IllegalArgumentException("snapshot file: found the name '" + name
                    + "', expected letters, digits, dot, dash and underscore, and not " + SnapshotDirectory.MANIFEST);
        }
    }

    static boolean isName(String name) {
        return NAME.matcher(name).matches() && !name.equals(SnapshotDirectory.MANIFEST);
    }
}
