package freshet.model.eval;

import freshet.model.math.CounterRandom;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.stream.IntStream;

/**
 * How well predictions order the labels of one user, which is what a ranker is for. Pairs are of one user and one window, a
 * pair counts the product of its labels' weights:
 *
 * <ul>
 *   <li>{@code gauc}: AUC by user, ties half, averaged with the sum of the user's label weights (Zhu et al. 2017); users whose
 *       labels are all equal have none. Labels need not be 0 and 1: a pair is any two that differ
 *   <li>{@code pnr}: pairs in order over pairs in the wrong order
 * </ul>
 *
 * <p>Over everything: the sums over windows. At most {@link #MOST_LABELS} labels are held: when there are more, half of the
 * users are left out of the window, and so on, by a hash of the user, so what is left is a fair sample of whole users and a
 * function of the labels alone. Not thread-safe.
 */
final class UserPairs {
    static final int MOST_LABELS = 1 << 16;

    private int size;
    private int halvings;
    private long[] users = new long[64];
    private float[] predictions = new float[64];
    private float[] labels = new float[64];
    private float[] weights = new float[64];
    private final Sums closed = new Sums();

    /** What pairs come to. */
    private static final class Sums {
        private double right;
        private double wrong;
        private double weightedAuc;
        private double auced;

        void add(Sums other) {
            right += other.right;
            wrong += other.wrong;
            weightedAuc += other.weightedAuc;
            auced += other.auced;
        }

        void putInto(SortedMap<String, Double> values) {
            if (auced > 0) {
                values.put("gauc", weightedAuc / auced);
            }
            if (wrong > 0) {
                values.put("pnr", right / wrong);
            }
        }

        void save(DataOutput out) throws IOException {
            Numbers.write(out, right);
            Numbers.write(out, wrong);
            Numbers.write(out, weightedAuc);
            Numbers.write(out, auced);
        }

        void restore(DataInput in) throws IOException {
            right = Numbers.read(in);
            wrong = Numbers.read(in);
            weightedAuc = Numbers.read(in);
            auced = Numbers.read(in);
        }
    }

    /** @param user a hash of the user's id */
    void record(long user, float prediction, float label, float weight) {
        if (!isSampled(user)) {
            return;
        }
        if (size == users.length) {
            int length = 2 * size;
            users = Arrays.copyOf(users, length);
            predictions = Arrays.copyOf(predictions, length);
            labels = Arrays.copyOf(labels, length);
            weights = Arrays.copyOf(weights, length);
        }
        users[size] = user;
        predictions[size] = prediction;
        labels[size] = label;
        weights[size++] = weight;
        while (size > MOST_LABELS) {
            halvings++;
            keepSampled();
        }
    }

    private boolean isSampled(long user) {
        return halvings == 0 || CounterRandom.mix(user) >>> 64 - halvings == 0;
    }

    private void keepSampled() {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (isSampled(users[i])) {
                users[kept] = users[i];
                predictions[kept] = predictions[i];
                labels[kept] = labels[i];
                weights[kept++] = weights[i];
            }
        }
        size = kept;
    }

    /** Puts the metrics of the window that is open. */
    void putWindow(SortedMap<String, Double> values) {
        pairs().putInto(values);
    }

    /** Puts the metrics of all windows. */
    void putLifetime(SortedMap<String, Double> values) {
        Sums all = pairs();
        all.add(closed);
        all.putInto(values);
    }

    /** Closes the window and begins the next. */
    void startWindow() {
        closed.add(pairs());
        size = 0;
        halvings = 0;
    }

    private Sums pairs() {
        Sums sums = new Sums();
        Integer[] order = IntStream.range(0, size).boxed().toArray(Integer[]::new);
        Arrays.sort(
                order,
                Comparator.<Integer>comparingLong(i -> users[i])
                        .thenComparingDouble(i -> labels[i])
                        .thenComparingDouble(i -> predictions[i]));
        for (int from = 0; from < size; ) {
            int to = from + 1;
            while (to < size && users[order[to]] == users[order[from]]) {
                to++;
            }
            addUser(order, from, to, sums);
            from = to;
        }
        return sums;
    }

    /** The labels of one user, {@code order[from]} to {@code order[to - 1]}, ascending. */
    private void addUser(Integer[] order, int from, int to, Sums sums) {
        if (labels[order[from]] == labels[order[to - 1]]) {
            return;
        }
        float[] ranks = new float[to - from];
        for (int i = from; i < to; i++) {
            ranks[i - from] = predictions[order[i]];
        }
        Arrays.sort(ranks);
        // By rank of prediction: weights of the labels below the one at hand, as a tree of partial sums (Fenwick 1994).
        double[] below = new double[ranks.length + 1];
        double belowSum = 0;
        double right = 0;
        double tied = 0;
        double wrong = 0;
        double weight = 0;
        for (int i = from; i < to; ) {
            int end = i;
            while (end < to && labels[order[end]] == labels[order[i]]) {
                int at = order[end++];
                int rank = firstAtLeast(ranks, predictions[at]);
                double lower = sum(below, rank);
                double upTo = sum(below, rank + 1);
                right += weights[at] * lower;
                tied += weights[at] * (upTo - lower);
                wrong += weights[at] * (belowSum - upTo);
            }
            for (; i < end; i++) {
                int at = order[i];
                add(below, firstAtLeast(ranks, predictions[at]), weights[at]);
                belowSum += weights[at];
                weight += weights[at];
            }
        }
        sums.right += right;
        sums.wrong += wrong;
        sums.weightedAuc += weight * (right + 0.5 * tied) / (right + tied + wrong);
        sums.auced += weight;
    }

    private static int firstAtLeast(float[] sorted, float value) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static double sum(double[] tree, int ranks) {
        double sum = 0;
        for (int i = ranks; i > 0; i &= i - 1) {
            sum += tree[i];
        }
        return sum;
    }

    private static void add(double[] tree, int rank, double value) {
        for (int i = rank + 1; i < tree.length; i += i & -i) {
            tree[i] += value;
        }
    }

    void save(DataOutput out) throws IOException {
        closed.save(out);
        Numbers.writeCount(out, halvings);
        Numbers.writeCount(out, size);
        for (int i = 0; i < size; i++) {
            out.writeLong(users[i]);
            out.writeFloat(predictions[i]);
            out.writeFloat(labels[i]);
            out.writeFloat(weights[i]);
        }
    }

    void restore(DataInput in) throws IOException {
        closed.restore(in);
        halvings = (int) Numbers.readCount(in);
        long count = Numbers.readCount(in);
        size = 0;
        for (long i = 0; i < count; i++) {
            record(in.readLong(), in.readFloat(), in.readFloat(), in.readFloat());
        }
    }
}
