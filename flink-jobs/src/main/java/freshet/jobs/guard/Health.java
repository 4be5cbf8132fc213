package freshet.jobs.guard;

/** What a window's evidence says. */
enum Health {
    /** Not enough was seen, now or before. */
    UNKNOWN,
    GOOD,
    BAD
}
