package freshet.serde.mapping;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import java.util.Objects;

/** What a record of someone else's became. Each of the three is counted, so that none is lost silently. */
public sealed interface Mapped<T extends Event> {

    /** An event, valid by our limits. */
    record Value<T extends Event>(T event) implements Mapped<T> {
        public Value {
            Objects.requireNonNull(event, "event");
        }
    }

    /**
     * Nothing, because the configuration says that such records are not events.
     *
     * @param condition which of the conditions held, in words, for counting
     */
    record Skipped<T extends Event>(String condition) implements Mapped<T> {}

    /** A dead letter: why, and which field by which path. */
    record Bad<T extends Event>(Reason reason, String detail) implements Mapped<T> {}
}
