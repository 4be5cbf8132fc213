package freshet.serde.mapping;

import freshet.serde.event.DeadLetter.Reason;

/** How a rule leaves a record that it cannot map; it never leaves the package. Without a stack trace, since it is not rare. */
final class UnmappableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    UnmappableException(Reason reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    Reason reason() {
        return reason;
    }

    String detail() {
        return String.valueOf(getMessage());
    }
}
