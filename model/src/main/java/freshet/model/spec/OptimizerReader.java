package freshet.model.spec;

import freshet.serde.config.ConfigNode;
import java.time.Duration;

/** Reads the {@code optimizer:} block; mistakes are noted on its nodes. */
final class OptimizerReader {
    /** Shorter periods, counted since 1970, would not be whole numbers as floats. */
    private static final Duration SHORTEST_PERIOD = Duration.ofMinutes(10);

    private static final int FEWEST_STEPS = 100;
    private static final int MOST_STEPS = 1_000_000_000;

    private enum RowKind {
        ADAGRAD,
        ROWWISE_ADAGRAD,
        FTRL,
        ADAM
    }

    private final ConfigNode node;
    private final float maxUpdate;

    OptimizerReader(ConfigNode node) {
        this.node = node;
        maxUpdate = (float) node.number("clip_update", 0, 0, 1e6);
    }

    OptimizerSpec read() {
        ConfigNode dense = node.child("dense");
        String kind = dense.string("kind", "adam");
        if (!"adam".equals(kind)) {
            dense.problem("kind", "found '" + kind + "', expected adam");
        }
        return new OptimizerSpec(
                rows(node.child("sparse")),
                rows(node.child("wide")),
                rows(node.child("shallow")),
                adam(dense),
                schedule(node.child("schedule")),
                (float) node.number("clip_norm", 0, 0, 1e9));
    }

    private OptimizerSpec.Adam adam(ConfigNode rule) {
        return new OptimizerSpec.Adam(
                (float) rule.number("learning_rate", 0.001, 1e-9, 10),
                (float) rule.number("beta1", 0.9, 0, 0.9999999),
                (float) rule.number("beta2", 0.999, 0, 0.9999999),
                (float) rule.number("epsilon", 1e-8, 1e-12, 1),
                maxUpdate);
    }

    private OptimizerSpec.Rows rows(ConfigNode rule) {
        RowKind kind = rule.oneOf("kind", RowKind.class, RowKind.ADAGRAD);
        if (kind == RowKind.ADAM) {
            return adam(rule);
        }
        float learningRate = (float) rule.number("learning_rate", 0.05, 1e-9, 10);
        if (kind == RowKind.FTRL) {
            if (maxUpdate > 0) {
                rule.problem(
                        "kind",
                        "found 'ftrl' with clip_update, expected one of the two: FTRL's weights are a"
                                + " function of its sums, a step has no size of its own");
            }
            return new OptimizerSpec.Ftrl(
                    learningRate, (float) rule.number("beta", 1, 0, 1e6), (float) rule.number("l1", 0, 0, 1e6), (float)
                            rule.number("l2", 0, 0, 1e6));
        }
        float initialAccumulator = (float) rule.number("initial_accumulator", 0.1, 0, 1e6);
        float rateFloor = (float) rule.number("rate_floor", 0, 0, 10);
        return kind == RowKind.ADAGRAD
                ? new OptimizerSpec.Adagrad(learningRate, initialAccumulator, decay(rule), rateFloor, maxUpdate)
                : new OptimizerSpec.RowwiseAdagrad(learningRate, initialAccumulator, decay(rule), rateFloor, maxUpdate);
    }

    private static OptimizerSpec.Decay decay(ConfigNode rule) {
        float keep = (float) rule.number("decay", 1, 1e-6, 1);
        long everySteps = rule.integer("decay_every_steps", 0, FEWEST_STEPS, MOST_STEPS);
        Duration every = rule.duration("decay_every", Duration.ZERO);
        if (rule.has("decay_every") && every.compareTo(SHORTEST_PERIOD) < 0) {
            rule.problem("decay_every", "found " + every + ", expected 10m at least");
        }
        boolean bySteps = everySteps > 0;
        boolean byTime = !every.isZero();
        if (keep < 1 && bySteps == byTime) {
            rule.problem(
                    "decay",
                    "found a decay and " + (bySteps ? "both" : "none") + " of decay_every and decay_every_steps,"
                            + " expected one: after what span it is applied");
        } else if (keep == 1 && (bySteps || byTime)) {
            rule.problem("decay", "found a span without a decay below 1, expected both or none");
        }
        return keep == 1
                ? OptimizerSpec.Decay.NONE
                : new OptimizerSpec.Decay(keep, everySteps, bySteps ? 0 : Math.max(1, every.toMillis()));
    }

    private static OptimizerSpec.Schedule schedule(ConfigNode schedule) {
        return new OptimizerSpec.Schedule(
                schedule.integer("warm_up_steps", 0, 0, MOST_STEPS),
                schedule.integer("half_life_steps", 0, 0, MOST_STEPS),
                (float) schedule.number("floor", 0, 0, 1));
    }
}
