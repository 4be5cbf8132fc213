package freshet.serde.wire;

import static freshet.serde.event.EventValidator.MAX_TEXT_BYTES;

import freshet.serde.event.EventProblem;
import freshet.serde.event.EventValidator;
import freshet.serde.event.Feedback;
import java.util.Optional;

/** Feedback as Avro, by {@code schema/feedback.avsc}. Not thread-safe. */
public final class FeedbackCodec extends AvroCodec<Feedback> {

    public FeedbackCodec() {
        this(SchemaStore.known());
    }

    /** Reads the versions of a store. */
    public FeedbackCodec(SchemaStore store) {
        super(Schemas.FEEDBACK, store);
    }

    @Override
    void write(Feedback value, AvroOutput out) {
        out.text(value.feedbackId());
        out.optionalText(value.impressionId());
        out.text(value.userId());
        out.text(value.videoId());
        out.longNumber(value.eventTimeMillis());
        out.text(value.kind());
        out.doubleNumber(value.value());
    }

    @Override
    Feedback read(AvroInput in) {
        return new Feedback(
                in.text("feedback_id", MAX_TEXT_BYTES),
                in.optionalText("impression_id", MAX_TEXT_BYTES),
                in.text("user_id", MAX_TEXT_BYTES),
                in.text("video_id", MAX_TEXT_BYTES),
                in.longNumber("event_time"),
                in.text("kind", MAX_TEXT_BYTES),
                in.doubleNumber("value"));
    }

    @Override
    Optional<EventProblem> problemOf(Feedback value) {
        return EventValidator.problemOf(value);
    }
}
