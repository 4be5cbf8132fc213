package freshet.serde.wire;

import freshet.serde.event.DeadLetter;
import java.util.Objects;

/**
 * What decoding one record yields: a value, or the reason why there is none. A decoder returns one of the two and never
 * throws, since a throw inside a Flink source restarts the job at the same record for ever.
 */
public sealed interface Decoded<T> {

    /** The record was good. */
    record Value<T>(T value) implements Decoded<T> {
        public Value {
            Objects.requireNonNull(value, "value");
        }
    }

    /** The record was not: why, and what was found against what was expected. */
    record Bad<T>(DeadLetter.Reason reason, String detail) implements Decoded<T> {
        public Bad {
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(detail, "detail");
        }
    }

    static <T> Decoded<T> value(T value) {
        return new Value<>(value);
    }

    static <T> Decoded<T> bad(DeadLetter.Reason reason, String detail) {
        return new Bad<>(reason, detail);
    }
}
