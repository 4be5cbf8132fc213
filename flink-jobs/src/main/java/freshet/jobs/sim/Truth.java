package freshet.jobs.sim;

import freshet.serde.wire.Decimals;

/**
 * What the simulator knows about one impression and no model ever does.
 *
 * @param impressionId the impression
 * @param click the probability of a click, where and when it was shown
 * @param like the probability of a like, before it is known whether there is a click
 * @param follow the same of a follow
 * @param positionEffect what the position added to the logit of the click
 * @param explored whether its list was shown in random order, whoever ranks
 */
public record Truth(
        String impressionId, double click, double like, double follow, double positionEffect, boolean explored) {
    private static final int DECIMALS = 9;

    /** One line of {@code truth.jsonl}. */
    public String toJson() {
        StringBuilder json = new StringBuilder(128);
        json.append("{\"impression_id\":\"").append(impressionId).append("\",\"click\":");
        Decimals.append(json, click, DECIMALS).append(",\"like\":");
        Decimals.append(json, like, DECIMALS).append(",\"follow\":");
        Decimals.append(json, follow, DECIMALS).append(",\"position_effect\":");
        Decimals.append(json, positionEffect, DECIMALS);
        return json.append(",\"explored\":").append(explored).append('}').toString();
    }
}
