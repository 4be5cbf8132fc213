package freshet.serde.wire;

import static freshet.serde.event.EventValidator.MAX_TEXT_BYTES;

import freshet.serde.event.EventProblem;
import freshet.serde.event.EventValidator;
import freshet.serde.event.HistorySeed;
import java.util.Optional;

/** History seeds as Avro, by {@code schema/history_seed.avsc}. Not thread-safe. */
public final class HistorySeedCodec extends AvroCodec<HistorySeed> {

    public HistorySeedCodec() {
        this(SchemaStore.known());
    }

    /** Reads the versions of a store. */
    public HistorySeedCodec(SchemaStore store) {
        super(Schemas.HISTORY_SEED, store);
    }

    @Override
    void write(HistorySeed value, AvroOutput out) {
        out.text(value.userId());
        out.longNumber(value.eventTimeMillis());
        out.longNumber(value.impressions());
        out.textLists(value.recentVideos());
    }

    @Override
    HistorySeed read(AvroInput in) {
        return new HistorySeed(
                in.text("user_id", MAX_TEXT_BYTES),
                in.longNumber("event_time"),
                in.longNumber("impressions"),
                in.textLists("recent_videos"));
    }

    @Override
    Optional<EventProblem> problemOf(HistorySeed value) {
        return EventValidator.problemOf(value);
    }
}
