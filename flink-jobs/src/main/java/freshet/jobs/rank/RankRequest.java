package freshet.jobs.rank;

import freshet.serde.example.FeatureValues;

/**
 * A candidate that is understood.
 *
 * @param impressionId names it in the answer
 * @param features for the model that was asked
 */
public record RankRequest(String impressionId, FeatureValues features) {}
