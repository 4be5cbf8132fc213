package freshet.model.learn;

import freshet.model.layer.Network;
import freshet.model.loss.TaskLoss;
import freshet.model.spec.ModelSpec;
import java.util.Arrays;

/** How the losses of several tasks become one: a factor for each, batch by batch. One thread. */
interface TaskBalance {

    /**
     * A forward pass that is about to be learnt.
     *
     * @param logits {@code [size, tasks]}, as labels, weights and weights undone
     */
    record Pass(float[] logits, float[] labels, float[] weights, float[] undone, int size) {}

    /** Writes the factors, {@code [tasks]}. May run the network backward; the pass is learnt only after it. */
    void weigh(float[] parameters, Pass pass, float[] factors);

    /**
     * After the network's backward pass: writes the gradient of parameters that the balance itself learns.
     *
     * @param taskLosses {@code [tasks]}: losses without their factors
     * @param gradients an arena like the parameters
     * @return what is added to the loss
     */
    default double learnOwn(float[] parameters, Pass pass, double[] taskLosses, float[] gradients) {
        return 0;
    }

    /** The balance that a configuration asks for. */
    static TaskBalance of(ModelSpec spec, Network network, TaskLoss loss) {
        return switch (spec.balance().kind()) {
            case FIXED -> (parameters, pass, factors) -> Arrays.fill(factors, 1f);
            case UNCERTAINTY -> new UncertaintyBalance(spec, network.layout(), loss);
            case PARETO -> new ParetoBalance(spec, network, loss);
        };
    }
}
