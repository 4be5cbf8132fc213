package freshet.jobs.simulation;

import java.util.SplittableRandom;

/** All that is left to chance in one simulation. */
final class Draw {
    private final SplittableRandom random;

    Draw(long seed) {
        random = new SplittableRandom(seed);
    }

    /** From 0 to {@code bound - 1}. */
    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    boolean flip() {
        return random.nextBoolean();
    }

    /** One of these. */
    int of(int... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
