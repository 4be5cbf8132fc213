package freshet.serde.event;

import java.util.Objects;

/**
 * A record that could not become an event, with everything needed to find and repair it.
 *
 * @param topic where it was read; a file's name in a replay
 * @param partition of that topic; 0 for a file
 * @param offset in that partition; the line number from 0 for a file
 * @param reason why it was refused
 * @param detail what was found and what was expected, for people; never part of a metric's name
 * @param raw the record's bytes as they were read; empty for a record without a value
 */
public record DeadLetter(String topic, int partition, long offset, Reason reason, String detail, byte[] raw) {

    /** Why a record is refused. A closed set, because each is a metric and a line of the ledger. */
    public enum Reason {
        EMPTY,
        UNDECODABLE,
        UNKNOWN_SCHEMA,
        MISSING_ID,
        BAD_TIME,
        /** A time that no clock could have shown yet, as the events around it say. */
        FUTURE,
        BAD_NUMBER,
        TOO_LONG;

        /** The name in metrics, ledger and headers: lower case with underscores. */
        public String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public DeadLetter {
        Objects.requireNonNull(topic, "topic");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(detail, "detail");
        Objects.requireNonNull(raw, "raw");
    }
}
