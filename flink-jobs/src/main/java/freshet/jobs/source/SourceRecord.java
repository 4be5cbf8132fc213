package freshet.jobs.source;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.Event;

/** One record as a source hands it on: an event, or why there is none. Immutable. */
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

    /** A record that could not. */
    record Refused(EventStream stream, DeadLetter letter) implements SourceRecord {}
}
