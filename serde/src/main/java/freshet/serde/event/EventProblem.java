package freshet.serde.event;

import java.util.Objects;

/**
 * Why a record that could be read is refused all the same.
 *
 * @param reason the kind of fault, as metrics and the ledger count it
 * @param detail field, what was found and what was expected, for people. It names no viewer and quotes no id, because it
 *     ends up in logs.
 */
public record EventProblem(DeadLetter.Reason reason, String detail) {
    public EventProblem {
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(detail, "detail");
    }
}
