package freshet.serde.snapshot;

import java.io.IOException;

/**
 * Bytes that are not a snapshot, or not the one their manifest describes: torn, altered, or of a format this reader does not
 * know. Whoever meets it keeps what it had; reading again does not help.
 */
public final class BadSnapshotException extends IOException {
    private static final long serialVersionUID = 1L;

    public BadSnapshotException(String message) {
        super(message);
    }

    public BadSnapshotException(String message, Throwable cause) {
        super(message, cause);
    }

    /** What was found and what was expected; never null, since every one is made with it. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
