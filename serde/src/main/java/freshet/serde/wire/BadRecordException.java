package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;

/**
 * How readers of this package leave a record half-way. It never leaves the package: a codec turns it into
 * {@link Decoded.Bad}. Without a stack trace, since a topic full of bad records must not cost more than a good one.
 */
final class BadRecordException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    BadRecordException(Reason reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    <T> Decoded<T> decoded() {
        return Decoded.bad(reason, String.valueOf(getMessage()));
    }
}
