package freshet.jobs.sim;

/**
 * Random numbers without a state: each is a hash of the seed, of what it is drawn for, and of whom. So a viewer's tastes are
 * the same however many requests were simulated before, and adding a draw changes no other. Stateless, safe on any thread.
 *
 * <p>The hash is the finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014), applied once per part of the key.
 */
final class Draws {
    /** What a number is drawn for. New ones go to the end: the place in this list is part of the key. */
    enum For {
        TASTE,
        ACTIVITY,
        VIEWER_LANGUAGE,
        VIEWER_DEVICE,
        CHANNEL_TOPIC,
        CHANNEL_LANGUAGE,
        CHANNEL_QUALITY,
        VIDEO_CHANNEL,
        VIDEO_TOPIC,
        VIDEO_QUALITY,
        VIDEO_DURATION,
        VIDEO_AGE,
        TREND_PHASE,
        REQUEST_TIME,
        REQUEST_VIEWER,
        REQUEST_SURFACE,
        REQUEST_DEVICE,
        REQUEST_EXPLORES,
        CANDIDATE,
        SHUFFLE,
        CLICKS,
        WATCHES,
        LIKES,
        FOLLOWS,
        CLICK_DELAY,
        LIKE_DELAY,
        FOLLOW_DELAY,
        ARRIVAL_DELAY,
        REPEATED,
        REPEAT_DELAY
    }

    private static final double TWO_TO_MINUS_53 = 0x1p-53;

    private final long seed;

    Draws(long seed) {
        this.seed = seed;
    }

    private static long mix(long z) {
        long mixed = z + 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    private long bits(For what, long who, long which) {
        return mix(mix(mix(mix(seed) ^ what.ordinal()) ^ who) ^ which);
    }

    /** Evenly from 0 (inclusive) to 1 (exclusive). */
    double uniform(For what, long who, long which) {
        return (bits(what, who, which) >>> 11) * TWO_TO_MINUS_53;
    }

    /** Whether something of this probability happens. */
    boolean happens(double probability, For what, long who, long which) {
        return uniform(what, who, which) < probability;
    }

    /** Evenly from 0 to {@code bound - 1}. */
    int index(int bound, For what, long who, long which) {
        return (int) (uniform(what, who, which) * bound);
    }

    /** Exponential with mean 1. */
    double exponential(For what, long who, long which) {
        return -StrictMath.log(1 - uniform(what, who, which));
    }

    /** Standard normal, by Box and Muller: the second uniform is a further mix of the first one's bits. */
    double normal(For what, long who, long which) {
        long bits = bits(what, who, which);
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - (bits >>> 11) * TWO_TO_MINUS_53));
        double angle = 2 * StrictMath.PI * ((mix(bits) >>> 11) * TWO_TO_MINUS_53);
        return radius * StrictMath.cos(angle);
    }
}
