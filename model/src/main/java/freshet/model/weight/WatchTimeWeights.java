package freshet.model.weight;

import freshet.model.spec.ModelSpec;
import freshet.model.spec.WatchWeightSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights of positive labels by how long was watched (after iQiyi's ranking of short videos): play times are compared with
 * those of videos of about the same length, so that neither long nor short videos win by their length. With q the rank of the
 * play time among them, in (0, 1), a positive label's weight is multiplied by
 *
 * <pre>
 * (1 - boost + boost (power + 1) q^power) * 2^(-max(0, age - age_from) / age_half_life)
 * </pre>
 *
 * <p>whose first factor is 1 on average over what is watched. It is 1 for what was not watched, for an example without the
 * label of the play time, and as long as the window knows no play times. The article gives the parts, not the constants; the
 * formula is ours. Weights come from the window as it was before the batch. One thread.
 */
public final class WatchTimeWeights {
    private final WatchWeightSpec spec;
    private final int tasks;
    private final String watchTask;
    /** By part of play time. */
    private final float[] boosts;

    private final List<PlayTimes> platforms = new ArrayList<>();
    private float[] weighted = new float[0];

    public WatchTimeWeights(ModelSpec model) {
        spec = model.watchWeights();
        tasks = model.taskCount();
        watchTask = tasks == 0 ? "" : model.tasks().get(spec.watchTask()).name();
        boosts = new float[spec.watchBuckets()];
        for (int bucket = 0; bucket < boosts.length; bucket++) {
            double q = (bucket + 0.5) / boosts.length;
            boosts[bucket] =
                    (float) (1 - spec.boost() + spec.boost() * (spec.power() + 1.0) * StrictMath.pow(q, spec.power()));
        }
        for (int platform = 0; platform <= spec.platforms().size(); platform++) {
            platforms.add(new PlayTimes(spec));
        }
    }

    /**
     * The weights to learn with.
     *
     * @param batch in the order of learning
     * @param labels {@code [batch, tasks]}
     * @param weights {@code [batch, tasks]}: the labels' own weights, left as they are
     * @return {@code [batch, tasks]}, in use until the next call
     */
    public float[] weigh(List<LabeledExample> batch, float[] labels, float[] weights) {
        if (spec.tasks().isEmpty()) {
            return weights;
        }
        if (weighted.length < batch.size() * tasks) {
            weighted = new float[batch.size() * tasks];
        }
        System.arraycopy(weights, 0, weighted, 0, batch.size() * tasks);
        for (int i = 0; i < batch.size(); i++) {
            float factor = factor(batch.get(i));
            for (int task : spec.tasks()) {
                if (labels[i * tasks + task] >= 0.5f) {
                    weighted[i * tasks + task] *= factor;
                }
            }
        }
        return weighted;
    }

    private float factor(LabeledExample example) {
        float play = play(example);
        if (!(play > 0)) {
            return 1;
        }
        float[] numbers = example.features().numbers();
        int bucket = platform(example).bucket(numbers[spec.durationSlot()], play);
        float boost = bucket < 0 ? 1 : boosts[bucket];
        float overdue = spec.ageSlot() < 0 ? 0 : Math.max(0, numbers[spec.ageSlot()] - spec.ageFrom());
        return overdue == 0 ? boost : boost * (float) StrictMath.pow(2, -overdue / spec.ageHalfLife());
    }

    /** The label of the play time; 0 without one. */
    private float play(LabeledExample example) {
        for (TaskLabel label : example.labels()) {
            if (label.task().equals(watchTask)) {
                return label.label();
            }
        }
        return 0;
    }

    private PlayTimes platform(LabeledExample example) {
        int found = -1;
        if (spec.platformSlot() >= 0) {
            String[] ids = example.features().ids()[spec.platformSlot()];
            found = ids.length == 0 ? -1 : spec.platforms().indexOf(ids[0]);
        }
        return platforms.get(found < 0 ? spec.platforms().size() : found);
    }

    /** Takes the play times of a batch in, after it was learnt. */
    public void count(List<LabeledExample> batch) {
        if (spec.tasks().isEmpty()) {
            return;
        }
        for (LabeledExample example : batch) {
            float play = play(example);
            if (play > 0) {
                float duration = example.features().numbers()[spec.durationSlot()];
                platform(example).add(example.decidedTimeMillis(), duration, play);
            }
        }
    }

    /** Everything remembered; no bytes where nothing is weighted. */
    public byte[] save() {
        if (spec.tasks().isEmpty()) {
            return new byte[0];
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (PlayTimes platform : platforms) {
                platform.save(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("saving play times in memory", e);
        }
        return bytes.toByteArray();
    }

    /** Takes over what {@link #save} wrote. */
    public void restore(byte[] saved) {
        if (spec.tasks().isEmpty() != (saved.length == 0)) {
            throw new IllegalArgumentException("restoring a learner: found " + saved.length
                    + " bytes of play times, expected " + (spec.tasks().isEmpty() ? "none" : "some")
                    + "; the saved state belongs to another model");
        }
        if (saved.length == 0) {
            return;
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(saved))) {
            for (PlayTimes platform : platforms) {
                platform.restore(in);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("restoring play times: " + e.getMessage(), e);
        }
    }
}
