package freshet.serde.event;

import java.util.Comparator;

/**
 * Something that happened to one viewer at one moment of event time: an {@link Impression}, a {@link Feedback}, or
 * the {@link HistorySeed} from before the stream.
 */
public sealed interface Event permits HistorySeed, Impression, Feedback {

    /**
     * The total order of events: event time, then kind of record (a seed, an impression, feedback), then id. Every stage that
     * promises a result independent of arrival order sorts by this. Two records that compare equal are the same event,
     * delivered twice.
     */
    Comparator<Event> ORDER = Comparator.comparingLong(Event::eventTimeMillis)
            .thenComparingInt(Event::rank)
            .thenComparing(Event::id);

    /** Identifies the record among those of its kind; never empty. */
    String id();

    /** Whose event this is; never empty. */
    String userId();

    /** When it happened: milliseconds since the epoch, UTC. */
    long eventTimeMillis();

    private static int rank(Event event) {
        return event instanceof HistorySeed ? 0 : event instanceof Impression ? 1 : 2;
    }
}
