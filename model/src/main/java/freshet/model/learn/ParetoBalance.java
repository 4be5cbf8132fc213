package freshet.model.learn;

import freshet.model.layer.Network;
import freshet.model.layer.ParameterLayout;
import freshet.model.loss.ParetoWeights;
import freshet.model.loss.TaskLoss;
import freshet.model.spec.ModelSpec;
import java.util.Arrays;
import java.util.List;

/**
 * Shares that make the common gradient of the shared dense parameters as short as possible (PE-LTR, Lin et al. 2019; see
 * {@link ParetoWeights}). Computed from the batch alone, so there is nothing to remember. A task that the batch does not carry
 * has no gradient, which would be the shortest of all: it stands aside, with a share of 0, and the others' lower bounds
 * hold as they are. Runs the network backward once per task. One thread.
 */
final class ParetoBalance implements TaskBalance {
    private final int tasks;
    private final List<Float> lowerBounds;
    private final Network network;
    private final TaskLoss loss;
    private final List<ParameterLayout.Entry> shared;
    /** {@code [task]}: an arena of gradients of that task's loss alone. */
    private final float[][] gradients;

    private final float[] oneHot;
    private final double[] taskLosses;

    ParetoBalance(ModelSpec spec, Network network, TaskLoss loss) {
        tasks = spec.taskCount();
        lowerBounds = spec.balance().lowerBounds();
        this.network = network;
        this.loss = loss;
        shared = network.layout().entries().stream()
                .filter(entry -> entry.task() == ParameterLayout.SHARED)
                .toList();
        gradients = new float[tasks][network.layout().floats()];
        oneHot = new float[tasks];
        taskLosses = new double[tasks];
    }

    @Override
    public void weigh(float[] parameters, Pass pass, float[] factors) {
        Arrays.fill(factors, 0f);
        int[] carried = new int[tasks];
        int count = 0;
        for (int task = 0; task < tasks; task++) {
            if (loss.carried(task, pass.weights(), pass.size()) > 0) {
                carried[count++] = task;
                gradient(task, pass);
            }
        }
        double[][] gram = new double[count][count];
        double[] bounds = new double[count];
        for (int i = 0; i < count; i++) {
            bounds[i] = lowerBounds.get(carried[i]);
            for (int j = 0; j <= i; j++) {
                gram[i][j] = dot(gradients[carried[i]], gradients[carried[j]]);
                gram[j][i] = gram[i][j];
            }
        }
        if (count == 0) {
            return;
        }
        double[] shares = ParetoWeights.solve(gram, bounds);
        for (int i = 0; i < count; i++) {
            factors[carried[i]] = (float) shares[i];
        }
    }

    private void gradient(int task, Pass pass) {
        Arrays.fill(oneHot, 0f);
        oneHot[task] = 1;
        float[] headGradients = network.headGradients();
        loss.gradient(
                pass.logits(),
                pass.labels(),
                pass.weights(),
                pass.undone(),
                pass.size(),
                oneHot,
                taskLosses,
                headGradients);
        network.backward(pass.size(), gradients[task]);
    }

    private double dot(float[] a, float[] b) {
        double sum = 0;
        for (ParameterLayout.Entry entry : shared) {
            for (int i = entry.offset(); i < entry.offset() + entry.size(); i++) {
                sum += (double) a[i] * b[i];
            }
        }
        return sum;
    }
}
