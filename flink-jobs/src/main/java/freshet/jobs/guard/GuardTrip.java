package freshet.jobs.guard;

/**
 * Why and since when a trainer does not learn.
 *
 * @param subject the task or feature that went bad; empty where it is about all of them
 * @param detail what was found and what was expected, for people
 * @param sinceMillis decided time of the first example that was not learnt because of it
 */
public record GuardTrip(GuardReason reason, String subject, String detail, long sinceMillis) {}
