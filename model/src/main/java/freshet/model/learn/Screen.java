package freshet.model.learn;

import freshet.model.spec.ModelSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps single examples out of a step: one that is not finite, or so large that its gradient would drown all others, must
 * cost itself and not its batch. One thread.
 */
final class Screen {
    private final int tasks;
    private final float maxNumber;
    private List<LabeledExample> batch = List.of();
    /** By place in the batch. */
    private boolean[] kept = new boolean[0];

    private int keptCount;

    Screen(ModelSpec spec) {
        tasks = spec.taskCount();
        maxNumber = spec.maxNumber();
    }

    /** Begins with a batch; returns those of it whose numbers, labels and weights are in bounds, in order. */
    List<LabeledExample> begin(List<LabeledExample> newBatch) {
        batch = newBatch;
        if (kept.length < batch.size()) {
            kept = new boolean[batch.size()];
        }
        keptCount = 0;
        for (int i = 0; i < batch.size(); i++) {
            kept[i] = inBounds(batch.get(i));
            keptCount += kept[i] ? 1 : 0;
        }
        return keptExamples();
    }

    private boolean inBounds(LabeledExample example) {
        for (float number : example.features().numbers()) {
            if (!(Math.abs(number) <= maxNumber)) {
                return false;
            }
        }
        for (TaskLabel label : example.labels()) {
            if (!(Math.abs(label.label()) <= maxNumber) || !(Math.abs(label.weight()) <= maxNumber)) {
                return false;
            }
        }
        return true;
    }

    private List<LabeledExample> keptExamples() {
        if (keptCount == batch.size()) {
            return batch;
        }
        List<LabeledExample> examples = new ArrayList<>(keptCount);
        for (int i = 0; i < batch.size(); i++) {
            if (kept[i]) {
                examples.add(batch.get(i));
            }
        }
        return examples;
    }

    /** Whether the logits of the kept examples, [kept, tasks], are all finite. */
    boolean allFinite(float[] logits) {
        return isFinite(logits, 0, keptCount * tasks);
    }

    /** Drops those whose logits are not finite; returns the rest, in order. */
    List<LabeledExample> dropNotFinite(float[] logits) {
        int row = 0;
        for (int i = 0; i < batch.size(); i++) {
            if (kept[i]) {
                kept[i] = isFinite(logits, row * tasks, (row + 1) * tasks);
                keptCount -= kept[i] ? 0 : 1;
                row++;
            }
        }
        return keptExamples();
    }

    private static boolean isFinite(float[] values, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!Float.isFinite(values[i])) {
                return false;
            }
        }
        return true;
    }

    /** Rows of kept examples, [kept, tasks] -> rows of the batch, [batch, tasks], NaN for those that were dropped. */
    void spread(float[] ofKept, float[] ofBatch) {
        int row = 0;
        for (int i = 0; i < batch.size(); i++) {
            if (kept[i]) {
                System.arraycopy(ofKept, row * tasks, ofBatch, i * tasks, tasks);
                row++;
            } else {
                Arrays.fill(ofBatch, i * tasks, (i + 1) * tasks, Float.NaN);
            }
        }
    }
}
