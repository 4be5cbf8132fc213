package freshet.jobs.join;

/** Event time in steps of a second: who waits for it is due at whole ones, and it is promised in whole ones. */
public final class WholeSteps {
    private static final long STEP_MILLIS = 1000;

    private WholeSteps() {}

    /** The first whole step at or after a moment. */
    public static long after(long millis) {
        return -Math.floorDiv(-millis, STEP_MILLIS) * STEP_MILLIS;
    }

    /** The last whole step at or before a moment; the first and last moment of all are themselves. */
    public static long before(long millis) {
        return millis == Long.MIN_VALUE || millis == Long.MAX_VALUE
                ? millis
                : Math.floorDiv(millis, STEP_MILLIS) * STEP_MILLIS;
    }
}
