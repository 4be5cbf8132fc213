package freshet.jobs.local;

/** The machine is not fit for what was asked: a port is taken, a disk is full. The message says what to do; one line. */
public final class CannotStartException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CannotStartException(String message) {
        super(message);
    }

    public CannotStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
