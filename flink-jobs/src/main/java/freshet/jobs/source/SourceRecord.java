package freshet.jobs.source;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.Event;

/** One record as a source hands it on: an event, or what became of it instead. Immutable. */
public sealed interface SourceRecord {

    /** Where it was read. */
    EventStream stream();

    /** A record that could be decoded. */
    record Good(Event event) implements SourceRecord {
        @Override
        public EventStream stream() {
            return EventStream.of(event);
        }
    }

    /**
     * A record that the configured mapping says is none of our events.
     *
     * @param condition which of the mapping's conditions held, in words
     */
    record Skipped(EventStream stream, String condition) implements SourceRecord {}

    /** A record that could not be decoded. */
    record Refused(EventStream stream, DeadLetter letter) implements SourceRecord {}
}
