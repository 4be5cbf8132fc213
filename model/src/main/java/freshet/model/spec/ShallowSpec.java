package freshet.model.spec;

import java.util.List;

/**
 * The shallow tower (YouTube 2019, section 4.3): a linear model of bias features whose logit is added to each task's, so
 * that what position and device explain is not learnt as relevance.
 *
 * @param crosses the bias features and crosses, one weight per id and task each; empty for none
 * @param dropout share of training examples whose {@link #droppedSlots} are taken as missing
 * @param droppedSlots slots of the features that are dropped in training, and are missing whenever the model scores, because
 *     a server does not know them; if none are configured, training drops every feature of the crosses and scoring none
 * @param missingWhenScoring whether {@link #droppedSlots} are missing whenever the model scores
 */
public record ShallowSpec(
        List<CrossSpec> crosses, float dropout, List<Integer> droppedSlots, boolean missingWhenScoring) {
    public ShallowSpec {
        crosses = List.copyOf(crosses);
        droppedSlots = List.copyOf(droppedSlots);
    }
}
