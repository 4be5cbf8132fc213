package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.serde.event.Event;

/**
 * An event as it travels to the join and waits there: whose it is, when it happened, and all of it as {@link EventBytes}. It is
 * written once, where it comes from, and read once, when it is its turn. Never changed.
 */
public final class EncodedEvent {
    private final String userId;
    private final long eventTimeMillis;
    private final byte[] bytes;

    /**
     * @param bytes not copied
     */
    EncodedEvent(String userId, long eventTimeMillis, byte[] bytes) {
        this.userId = userId;
        this.eventTimeMillis = eventTimeMillis;
        this.bytes = bytes;
    }

    public static EncodedEvent of(Event event) {
        ByteWriter out = new ByteWriter();
        EventBytes.write(out, event);
        return new EncodedEvent(event.userId(), event.eventTimeMillis(), out.toByteArray());
    }

    public String userId() {
        return userId;
    }

    long eventTimeMillis() {
        return eventTimeMillis;
    }

    /** Of which kind it is: of impressions, feedback and seeds, the line for that. */
    LedgerLine line(LedgerLine seed, LedgerLine impression, LedgerLine feedback) {
        return EventBytes.isSeed(bytes) ? seed : EventBytes.isImpression(bytes) ? impression : feedback;
    }

    /** The event; another object each time. */
    Event decode() {
        return EventBytes.read(new ByteReader("an event on its way to the join", bytes), userId);
    }

    /** Not a copy. */
    byte[] bytes() {
        return bytes;
    }
}
