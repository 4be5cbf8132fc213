package freshet.jobs.simulation;

/** The process dies in the middle of a call. */
final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Crash() {
        super("killed");
    }
}
