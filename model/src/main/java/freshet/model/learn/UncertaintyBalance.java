package freshet.model.learn;

import freshet.model.layer.ParameterLayout;
import freshet.model.loss.TaskLoss;
import freshet.model.math.StableMath;
import freshet.model.spec.BalanceSpec;
import freshet.model.spec.ModelSpec;

/**
 * Losses divided by a variance that is learnt (Kendall, Gal, Cipolla 2018, equations 7 and 10): with s the log of the
 * variance, {@code L = Σ e^-s Lₜ + s / 2} over the tasks that the batch carries. Our squared loss has the half that theirs
 * is written with, so one formula serves all kinds: at the optimum e^s is twice the task's loss, for a squared one the
 * variance of its noise. The s are parameters like any other, one per task. One thread.
 */
final class UncertaintyBalance implements TaskBalance {
    private final TaskLoss loss;
    private final int[] places;

    UncertaintyBalance(ModelSpec spec, ParameterLayout layout, TaskLoss loss) {
        this.loss = loss;
        places = spec.tasks().stream()
                .mapToInt(task -> layout.entry(BalanceSpec.parameter(task)).offset())
                .toArray();
    }

    @Override
    public void weigh(float[] parameters, Pass pass, float[] factors) {
        for (int task = 0; task < places.length; task++) {
            factors[task] = StableMath.exp(-parameters[places[task]]);
        }
    }

    @Override
    public double learnOwn(float[] parameters, Pass pass, double[] taskLosses, float[] gradients) {
        double added = 0;
        for (int task = 0; task < places.length; task++) {
            float logVariance = parameters[places[task]];
            boolean carried = loss.carried(task, pass.weights(), pass.size()) > 0;
            gradients[places[task]] = carried ? (float) (0.5 - StableMath.exp(-logVariance) * taskLosses[task]) : 0;
            added += carried ? 0.5 * logVariance : 0;
        }
        return added;
    }
}
