package freshet.serde.control;

import java.io.IOException;

/** A record of the control topic that is none of its format; the message says what was found and what was expected. */
public final class BadControlException extends IOException {
    private static final long serialVersionUID = 1L;

    public BadControlException(String message) {
        super(message);
    }

    public BadControlException(String message, Throwable cause) {
        super(message, cause);
    }
}
