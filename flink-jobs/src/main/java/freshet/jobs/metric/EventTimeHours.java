package freshet.jobs.metric;

/** Says when a watermark has entered another hour of event time, for what is told once an hour. Not thread-safe. */
public final class EventTimeHours {
    private static final long HOUR_MILLIS = 3_600_000;

    private long hour = Long.MIN_VALUE;

    /** Whether this is the first watermark in its hour. */
    public boolean entered(long watermarkMillis) {
        long now = Math.floorDiv(watermarkMillis, HOUR_MILLIS);
        boolean entered = now > hour;
        hour = Math.max(hour, now);
        return entered;
    }
}
