package freshet.jobs.train;

import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Scores impressions as the fleet did when they were shown: each with the newest snapshot that is as of the impression's
 * event time or earlier. Labels come later than that by up to the longest horizon, so the snapshots of that span are kept,
 * and no others. Not thread-safe.
 *
 * @param <M> what scores: a snapshot of the model, a fake in tests
 */
public final class AsServedScorer<M extends AsServedScorer.Model> {
    /** One published model. */
    public interface Model {
        /**
         * @param into {@code float[features.size() * tasks]}, row by row: a probability for a logistic task, the value for
         *     a squared one
         */
        void score(List<FeatureValues> features, float[] into);
    }

    private final int tasks;
    private final long longestHorizonMillis;
    private final NavigableMap<Long, M> models = new TreeMap<>();

    /**
     * @param longestHorizonMillis the longest time from an impression until its last label is decided
     */
    public AsServedScorer(int tasks, long longestHorizonMillis) {
        this.tasks = tasks;
        this.longestHorizonMillis = longestHorizonMillis;
    }

    /** From event time {@code asOfMillis} on, impressions are served by this model. */
    public void publish(long asOfMillis, M model) {
        models.put(asOfMillis, model);
    }

    /** Takes back what was said of a model; impressions of then count as served by the one before it. */
    public void withdraw(long asOfMillis) {
        models.remove(asOfMillis);
    }

    /** What the model that served at a moment is as of; empty before the first model. */
    public OptionalLong servedBy(long eventTimeMillis) {
        Long asOf = models.floorKey(eventTimeMillis);
        return asOf == null ? OptionalLong.empty() : OptionalLong.of(asOf);
    }

    /**
     * Scores every task of every example.
     *
     * @param into {@code float[batch.size() * tasks]}, row by row; NaN for what was shown before the first model
     */
    public void score(List<LabeledExample> batch, float[] into) {
        NavigableMap<Long, Served<M>> groups = new TreeMap<>();
        for (int row = 0; row < batch.size(); row++) {
            Map.Entry<Long, M> live = models.floorEntry(batch.get(row).eventTimeMillis());
            if (live == null) {
                Arrays.fill(into, row * tasks, (row + 1) * tasks, Float.NaN);
            } else {
                groups.computeIfAbsent(live.getKey(), asOf -> new Served<>(live.getValue(), new ArrayList<>()))
                        .rows()
                        .add(row);
            }
        }
        for (Served<M> group : groups.values()) {
            List<Integer> rows = group.rows();
            float[] scores = new float[rows.size() * tasks];
            group.model()
                    .score(rows.stream().map(row -> batch.get(row).features()).toList(), scores);
            for (int i = 0; i < rows.size(); i++) {
                System.arraycopy(scores, i * tasks, into, rows.get(i) * tasks, tasks);
            }
        }
    }

    /** A model and the rows of a batch that it served. */
    private record Served<M>(M model, List<Integer> rows) {}

    /** Lets go of models that served no impression whose labels are decided at {@code decidedMillis} or later. */
    public void forgetBefore(long decidedMillis) {
        Long oldestNeeded = models.floorKey(decidedMillis - longestHorizonMillis);
        if (oldestNeeded != null) {
            models.headMap(oldestNeeded, false).clear();
        }
    }

    /** The models that are kept, by the moment they are as of. */
    public NavigableMap<Long, M> kept() {
        return Collections.unmodifiableNavigableMap(models);
    }
}
