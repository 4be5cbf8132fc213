package freshet.jobs.sim;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How well scores tell positives from negatives: the area under the ROC curve, exactly, ties counting half. Keeps every
 * pair, so for simulations only. Not thread-safe.
 */
public final class RankOrder {
    private record Scored(double score, boolean positive) {}

    private final List<Scored> all = new ArrayList<>();

    public void add(double score, boolean positive) {
        all.add(new Scored(score, positive));
    }

    public int count() {
        return all.size();
    }

    /** The AUC from 0 to 1; NaN while one of the two classes is empty. */
    public double auc() {
        List<Scored> sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparingDouble(Scored::score));
        double ranksOfPositives = 0;
        long positives = 0;
        for (int from = 0, to; from < sorted.size(); from = to) {
            long positivesHere = 0;
            for (to = from; to < sorted.size() && sorted.get(to).score == sorted.get(from).score; to++) {
                positivesHere += sorted.get(to).positive ? 1 : 0;
            }
            ranksOfPositives += positivesHere * (from + 1 + to) / 2.0; // everyone in a tie has its mean rank
            positives += positivesHere;
        }
        long negatives = sorted.size() - positives;
        return (ranksOfPositives - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
    }
}
