package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.serde.event.Event;

/**
 * The events of one user that wait for the watermark, in {@link EventBytes#TOTAL_ORDER}: as {@link EventBytes} until it is their
 * turn. As objects an event is twenty, made long before they are needed. One owner, one thread.
 */
final class WaitingEvents {
    private final TimedBlocks events;

    WaitingEvents(ByteArena arena) {
        events = new TimedBlocks(arena);
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    int size() {
        return events.size();
    }

    /** What the events take as bytes. */
    long bytes() {
        return events.bytes();
    }

    /** Event time of the first. Call only where there is one. */
    long firstMillis() {
        return events.millis(0);
    }

    /** An event, numbered from 0, the first. */
    Event event(int index, String userId) {
        return EventBytes.read(events.reader("an event that waits", index), userId);
    }

    /** Takes the first away. */
    Event takeFirst(String userId) {
        Event first = event(0, userId);
        events.removeFirst();
        return first;
    }

    /** Puts an event where it belongs: looked for from the end, since streams are almost in order. */
    void add(EncodedEvent event) {
        int place = size();
        while (place > 0 && isBefore(event, place - 1)) {
            place--;
        }
        events.insert(place, event.eventTimeMillis(), event.bytes());
    }

    private boolean isBefore(EncodedEvent event, int other) {
        return event.eventTimeMillis() != events.millis(other)
                ? event.eventTimeMillis() < events.millis(other)
                : EventBytes.TOTAL_ORDER.compare(event.decode(), event(other, event.userId())) < 0;
    }

    /** Where they rest, for who keeps house. */
    TimedBlocks blocks() {
        return events;
    }

    /** Appends their number and each. */
    void writeTo(ByteWriter out) {
        out.writeVarLong(size());
        for (int index = 0; index < size(); index++) {
            out.writeBytes(events.array(index), events.offset(index), events.length(index));
        }
    }

    static WaitingEvents readFrom(ByteReader in, String userId, ByteArena arena) {
        WaitingEvents waiting = new WaitingEvents(arena);
        int size = in.readCount(5);
        ByteWriter encoded = new ByteWriter();
        for (int index = 0; index < size; index++) {
            Event event = EventBytes.read(in, userId);
            encoded.clear();
            EventBytes.write(encoded, event);
            waiting.events.insert(index, event.eventTimeMillis(), encoded);
        }
        return waiting;
    }
}
