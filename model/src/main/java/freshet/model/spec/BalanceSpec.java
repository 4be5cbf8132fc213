package freshet.model.spec;

import freshet.serde.config.ConfigNode;
import java.util.ArrayList;
import java.util.List;

/**
 * How the losses of several tasks become one. Each task's own {@code weight} multiplies its loss before.
 *
 * @param kind the rule
 * @param lowerBounds by task: the least share it gets under {@link Kind#PARETO}; they sum to 1 at most
 */
public record BalanceSpec(Kind kind, List<Float> lowerBounds) {

    /** The rule. */
    public enum Kind {
        /** The losses are added. */
        FIXED,
        /** Each loss is divided by a learnt variance (Kendall, Gal, Cipolla 2018). */
        UNCERTAINTY,
        /**
         * The shares, which sum to 1, make the common gradient of the shared parameters as short as the lower bounds allow: a
         * direction in which no task gets worse (Lin et al. 2019, PE-LTR). Costs one more backward pass per task.
         */
        PARETO
    }

    public BalanceSpec {
        lowerBounds = List.copyOf(lowerBounds);
    }

    /** Name of the parameter that holds the log of a task's variance, {@code [1]}. */
    public static String parameter(TaskSpec task) {
        return "balance." + task.name();
    }

    /** Reads {@code balance:}; mistakes are noted on the node. */
    static BalanceSpec read(ConfigNode node, List<TaskSpec> tasks) {
        Kind kind = node.oneOf("kind", Kind.class, Kind.FIXED);
        ConfigNode bounds = node.child("lower_bounds");
        List<Float> lowerBounds = new ArrayList<>();
        double sum = 0;
        for (TaskSpec task : tasks) {
            double bound = bounds.named(task.name()).number(task.name(), 0, 0, 1);
            lowerBounds.add((float) bound);
            sum += bound;
        }
        if (sum > 1) {
            node.problem("lower_bounds", "found bounds that sum to " + sum + ", expected 1 at most");
        }
        if (sum > 0 && kind != Kind.PARETO) {
            node.problem("lower_bounds", "found bounds, expected them with kind pareto only");
        }
        return new BalanceSpec(kind, lowerBounds);
    }
}
