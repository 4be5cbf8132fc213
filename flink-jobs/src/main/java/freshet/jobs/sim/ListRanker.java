package freshet.jobs.sim;

import freshet.serde.event.Impression;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The product's ranking server as the simulator sees it. Called on the simulator's thread. */
public interface ListRanker {

    /**
     * Scores of candidates; the best come first on the page.
     *
     * @param version what ranked, as in {@link Impression#modelVersion}
     * @param scores one per candidate, higher is better
     */
    record Ranking(String version, float[] scores) {}

    /** The name under which an impression carries the score it was ranked by. */
    String SCORE = "rank";

    /** A server that has no model yet. */
    ListRanker NONE = candidates -> null;

    /**
     * Ranks what could be shown to one viewer now.
     *
     * @param candidates impressions as they would be, without a position
     * @return null to leave it to the simulator's own policy, a rough guess at the quality of each video
     */
    @Nullable
    Ranking rank(List<Impression> candidates);
}
