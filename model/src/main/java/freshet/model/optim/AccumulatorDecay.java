package freshet.model.optim;

import freshet.model.spec.OptimizerSpec;

/**
 * Lets sums of squared gradients fade period by period; see {@link OptimizerSpec.Decay}. One slot of a row holds the period
 * it was last brought up to: a whole number small enough to be exact as a float. Immutable; safe on any thread.
 */
final class AccumulatorDecay {
    private final OptimizerSpec.Decay spec;
    private final float initialAccumulator;

    AccumulatorDecay(OptimizerSpec.Decay spec, float initialAccumulator) {
        this.spec = spec;
        this.initialAccumulator = initialAccumulator;
    }

    /**
     * Brings sums up to the moment.
     *
     * @param sums the first of {@code count} sums in {@code rows}; behind them lies the slot of the period, where there is a
     *     decay
     */
    void apply(float[] rows, int sums, int count, UpdateMoment moment) {
        if (spec.isNone()) {
            return;
        }
        // From 1: a new row's slot holds 0, no period yet; its sums are the initial ones, which do not fade.
        long now = 1
                + (spec.everySteps() > 0
                        ? moment.step() / spec.everySteps()
                        : Math.max(0, moment.eventTimeMillis()) / spec.everyMillis());
        long last = (long) rows[sums + count];
        if (last > 0 && now > last) {
            float kept = (float) StrictMath.pow(spec.keep(), now - last);
            for (int i = sums; i < sums + count; i++) {
                rows[i] = Math.max(initialAccumulator, rows[i] * kept);
            }
        }
        rows[sums + count] = Math.max(last, now);
    }
}
