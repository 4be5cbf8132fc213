package freshet.jobs.train;

import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.SortedMap;

/**
 * What an hour of learning was like beside its scores, in means by task:
 *
 * <ul>
 *   <li>{@code label_delay_seconds}: from the impression until its label was decided;
 *   <li>{@code served_age_seconds}: how old the snapshot was that served it;
 *   <li>{@code task_weight}: what its loss was multiplied with, by configuration and balance;
 *   <li>{@code expert_0} and so on: what its gate gave to each expert, in steps and with gate dropout.
 * </ul>
 *
 * One thread.
 */
final class HourTally {
    private static final double MILLIS_PER_SECOND = 1000;

    private final ModelSpec spec;
    /** All by task. */
    private final long[] labels;

    private final double[] delayMillis;
    private final long[] servedLabels;
    private final double[] servedAgeMillis;
    /** Sums over examples learnt, as are the next. */
    private final double[] weights;

    /** {@code [tasks * experts]}. */
    private final double[] experts;

    private long learnt;

    HourTally(ModelSpec spec) {
        this.spec = spec;
        int tasks = spec.taskCount();
        labels = new long[tasks];
        delayMillis = new double[tasks];
        servedLabels = new long[tasks];
        servedAgeMillis = new double[tasks];
        weights = new double[tasks];
        experts = new double[tasks * spec.expertCount()];
    }

    /**
     * Counts a label that has been scored; corrections are left out, as in the scores.
     *
     * @param task its index, or -1 for one that this model does not have
     * @param servedAsOf what the model that served the impression is as of; empty before the first
     */
    void scored(LabeledExample example, int task, TaskLabel label, OptionalLong servedAsOf) {
        if (task < 0 || label.isCorrection()) {
            return;
        }
        labels[task]++;
        delayMillis[task] += example.decidedTimeMillis() - example.eventTimeMillis();
        if (servedAsOf.isPresent()) {
            servedLabels[task]++;
            servedAgeMillis[task] += example.eventTimeMillis() - servedAsOf.getAsLong();
        }
    }

    /** Counts the step that the learner has just made. */
    void learnt(Learner learner) {
        int examples = learner.lastLearnt();
        learnt += examples;
        for (int task = 0; task < weights.length; task++) {
            weights[task] += examples * (double) learner.lastTaskWeight(task);
        }
        learner.addExpertUse(experts);
    }

    /** Puts the means beside an hour's scores, and begins the next hour. */
    void closeInto(SortedMap<String, SortedMap<String, Double>> metrics) {
        for (int task = 0; task < spec.taskCount(); task++) {
            SortedMap<String, Double> ofTask =
                    metrics.get(spec.tasks().get(task).name());
            if (ofTask == null) {
                continue;
            }
            putMean(ofTask, "label_delay_seconds", delayMillis[task] / MILLIS_PER_SECOND, labels[task]);
            putMean(ofTask, "served_age_seconds", servedAgeMillis[task] / MILLIS_PER_SECOND, servedLabels[task]);
            putMean(ofTask, "task_weight", weights[task], learnt);
            for (int expert = 0; expert < spec.expertCount(); expert++) {
                putMean(ofTask, "expert_" + expert, experts[task * spec.expertCount() + expert], learnt);
            }
        }
        learnt = 0;
        Arrays.fill(labels, 0);
        Arrays.fill(servedLabels, 0);
        for (double[] sums : sums()) {
            Arrays.fill(sums, 0);
        }
    }

    private static void putMean(SortedMap<String, Double> into, String name, double sum, long count) {
        if (count > 0) {
            into.put(name, sum / count);
        }
    }

    private double[][] sums() {
        return new double[][] {delayMillis, servedAgeMillis, weights, experts};
    }

    void save(DataOutput out) throws IOException {
        out.writeLong(learnt);
        for (int task = 0; task < labels.length; task++) {
            out.writeLong(labels[task]);
            out.writeLong(servedLabels[task]);
        }
        for (double[] sums : sums()) {
            for (double sum : sums) {
                out.writeDouble(sum);
            }
        }
    }

    /** Takes over what {@link #save} wrote for a model with as many tasks and experts. */
    void restore(DataInput in) throws IOException {
        learnt = in.readLong();
        for (int task = 0; task < labels.length; task++) {
            labels[task] = in.readLong();
            servedLabels[task] = in.readLong();
        }
        for (double[] sums : sums()) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] = in.readDouble();
            }
        }
    }
}
