package freshet.jobs.simulation;

/** A promise that does not hold. */
final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Broken(String promise, String detail) {
        super(promise + ": " + detail);
    }

    static void unless(boolean holds, String promise, String detail) {
        if (!holds) {
            throw new Broken(promise, detail);
        }
    }
}
