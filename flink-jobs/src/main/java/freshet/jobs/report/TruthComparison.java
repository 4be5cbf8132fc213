package freshet.jobs.report;

import java.util.List;

/**
 * What a model learnt of simulated viewers, held against what governed them.
 *
 * @param servedAuc AUC of what servers predicted of a click, when they ranked
 * @param bestServedAuc the best possible AUC for somebody who, as servers do, does not know the position
 * @param bestAuc the best possible AUC for somebody who knows everything but the future
 * @param impressions how many ranked impressions that was measured on
 * @param positions the position bias, device by device
 */
public record TruthComparison(
        double servedAuc, double bestServedAuc, double bestAuc, long impressions, List<PositionBias> positions) {

    /**
     * What a position adds to the logit of a click, against the top of the page.
     *
     * @param device kind of device
     * @param position from 0
     * @param truth what it really adds
     * @param learnt what the model's shallow tower says; NaN where it has not seen any
     */
    public record PositionBias(String device, int position, double truth, double learnt) {}

    public TruthComparison {
        positions = List.copyOf(positions);
    }
}
