package freshet.jobs.dataset;

/** An import that cannot go on: a file that is not what it should be, or too many bad rows. The message says what to do. */
public final class ImportException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ImportException(String message) {
        super(message);
    }
}
