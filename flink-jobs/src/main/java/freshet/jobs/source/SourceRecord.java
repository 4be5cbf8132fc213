package freshet.jobs.source;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.Event;

/** One record as a source hands it on: an event, or what became of it instead. Immutable. */
public sealed interface SourceRecord {

    /** Where it was read. */
    EventStream stream();

    /**
     * Where a record was read.
     *
     * @param topic of the record, or a file's name
     * @param partition of the topic; 0 for a file
     * @param offset in the partition; the line number from 0 for a file
     */
    record Origin(String topic, int partition, long offset) {}

    /**
     * A record that could be decoded.
     *
     * @param raw the record's bytes as they were read
     */
    record Good(Event event, Origin origin, byte[] raw) implements SourceRecord {
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
