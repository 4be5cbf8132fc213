package freshet.model.serve;

/** A {@link SnapshotSubscriber} without its thread, for the simulator. */
public final class SteppedSubscriber implements AutoCloseable {
    private final SnapshotSubscriber subscriber;

    public SteppedSubscriber(SnapshotFeed feed, LiveRanker live, SnapshotListener listener, SubscriberOptions options) {
        subscriber = new SnapshotSubscriber(feed, live, listener, options);
        subscriber.begin();
    }

    /** Reads once and does what has to be done. */
    public void step() {
        subscriber.step();
    }

    @Override
    public void close() {
        subscriber.close();
    }

    @Override
    public String toString() {
        return subscriber.outcomes() + ", last refusal " + subscriber.lastRefusal();
    }
}
