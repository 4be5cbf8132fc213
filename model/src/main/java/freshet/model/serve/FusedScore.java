package freshet.model.serve;

import freshet.model.spec.ModelSpec;
import java.util.List;

/**
 * One score out of the predictions of several tasks, by which candidates are ordered. What is wanted differs by request (a
 * search page, a feed, a notification), so a server keeps one per profile. Immutable; safe on any thread.
 *
 * @param kind how the terms are joined
 * @param terms one per task that has a say
 */
public record FusedScore(Kind kind, List<Term> terms) {

    /** How the terms are joined. */
    public enum Kind {
        /** The product of (alpha + beta p)^weight (iQiyi): no task can be made up for by another. */
        PRODUCT,
        /** The sum of weight (alpha + beta p) (YouTube 2019). */
        WEIGHTED_SUM
    }

    /**
     * A task's part.
     *
     * @param task its name
     * @param alpha added to the prediction; in a product, keeps a prediction near 0 from deciding alone
     * @param beta multiplies the prediction
     * @param weight exponent in a product, factor in a sum
     */
    public record Term(String task, double alpha, double beta, double weight) {}

    public FusedScore {
        terms = List.copyOf(terms);
    }

    /**
     * Fuses the predictions of all candidates.
     *
     * @param spec of the ranker that scored
     * @param predictions {@code [candidates][tasks]}
     * @param scores receives {@code [candidates]}; a negative base in a product counts as 0
     * @throws IllegalArgumentException when a term names a task the model does not have
     */
    public void fuse(ModelSpec spec, float[] predictions, double[] scores) {
        int[] tasks = new int[terms.size()];
        for (int i = 0; i < tasks.length; i++) {
            tasks[i] = spec.taskIndex(terms.get(i).task());
            if (tasks[i] < 0) {
                throw new IllegalArgumentException(
                        "fused score: found the task '" + terms.get(i).task()
                                + "', expected one of the model's: "
                                + spec.tasks().stream().map(task -> task.name()).toList());
            }
        }
        for (int candidate = 0; candidate < scores.length; candidate++) {
            double score = kind == Kind.PRODUCT ? 1 : 0;
            for (int i = 0; i < tasks.length; i++) {
                Term term = terms.get(i);
                double value = term.alpha() + term.beta() * predictions[candidate * spec.taskCount() + tasks[i]];
                score = kind == Kind.PRODUCT
                        ? score * StrictMath.pow(Math.max(0, value), term.weight())
                        : score + term.weight() * value;
            }
            scores[candidate] = score;
        }
    }
}
