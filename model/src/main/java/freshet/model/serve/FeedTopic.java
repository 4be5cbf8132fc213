package freshet.model.serve;

/** The topics that a server follows, in the order in which it wants to know of them. */
public enum FeedTopic {
    /** Which snapshot to serve. */
    REGISTRY,
    /** Whole models. */
    SNAPSHOTS,
    /** What changes in a model between two snapshots. */
    DELTAS
}
