package freshet.model.serve;

/**
 * What the topics of one model are called. One that does not exist is waited for.
 *
 * @param registry which snapshot to serve; compacted
 * @param snapshots whole models
 * @param deltas what changes in between
 */
public record FeedTopics(String registry, String snapshots, String deltas) {

    String name(FeedTopic topic) {
        return switch (topic) {
            case REGISTRY -> registry;
            case SNAPSHOTS -> snapshots;
            case DELTAS -> deltas;
        };
    }
}
