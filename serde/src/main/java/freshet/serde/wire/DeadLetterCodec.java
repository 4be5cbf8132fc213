package freshet.serde.wire;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventProblem;
import java.util.Optional;

/** Dead letters as Avro, by {@code schema/dead_letter.avsc}. The raw bytes may be of any length. Not thread-safe. */
public final class DeadLetterCodec extends AvroCodec<DeadLetter> {

    public DeadLetterCodec() {
        this(SchemaStore.known());
    }

    /** Reads the versions of a store. */
    public DeadLetterCodec(SchemaStore store) {
        super(Schemas.DEAD_LETTER, store);
    }

    @Override
    int maxRecordBytes() {
        return Integer.MAX_VALUE;
    }

    @Override
    void write(DeadLetter value, AvroOutput out) {
        out.text(value.topic());
        out.longNumber(value.partition());
        out.longNumber(value.offset());
        out.text(value.reason().label());
        out.text(value.detail());
        out.bytes(value.raw());
    }

    @Override
    DeadLetter read(AvroInput in) {
        return new DeadLetter(
                in.text("topic", Integer.MAX_VALUE),
                in.intNumber("partition"),
                in.longNumber("offset"),
                reason(in.text("reason", Integer.MAX_VALUE)),
                in.text("detail", Integer.MAX_VALUE),
                in.bytes("raw", Integer.MAX_VALUE));
    }

    private static Reason reason(String label) {
        for (Reason reason : Reason.values()) {
            if (reason.label().equals(label)) {
                return reason;
            }
        }
        throw new BadRecordException(
                Reason.UNDECODABLE, "reason: found a word of " + label.length() + " letters, expected a known reason");
    }

    @Override
    Optional<EventProblem> problemOf(DeadLetter value) {
        return Optional.empty();
    }
}
