package freshet.serde.wire;

import static freshet.serde.event.EventValidator.MAX_MAP_ENTRIES;
import static freshet.serde.event.EventValidator.MAX_TEXT_BYTES;

import freshet.serde.event.EventProblem;
import freshet.serde.event.EventValidator;
import freshet.serde.event.Impression;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Impressions as Avro, by {@code schema/impression.avsc}. Not thread-safe. */
public final class ImpressionCodec extends AvroCodec<Impression> {

    public ImpressionCodec() {
        this(SchemaStore.known());
    }

    /** Reads the versions of a store. */
    public ImpressionCodec(SchemaStore store) {
        super(Schemas.IMPRESSION, store);
    }

    @Override
    void write(Impression value, AvroOutput out) {
        out.text(value.impressionId());
        out.optionalText(value.requestId());
        out.text(value.userId());
        out.longNumber(value.eventTimeMillis());
        out.text(value.videoId());
        out.optionalText(value.channelId());
        if (value.position() == Impression.NO_POSITION) {
            out.longNumber(0);
        } else {
            out.longNumber(1);
            out.longNumber(value.position());
        }
        out.optionalText(value.device());
        out.optionalText(value.surface());
        out.optionalText(value.queryVideoId());
        out.optionalText(value.userLanguage());
        out.optionalText(value.videoLanguage());
        out.longNumber(value.videoDurationMillis());
        out.longNumber(value.videoPublishedAtMillis());
        out.textLists(value.ids());
        out.floats(value.numbers());
        out.optionalText(value.modelVersion());
        out.floats(value.scores());
    }

    @Override
    Impression read(AvroInput in) {
        return new Impression(
                in.text("impression_id", MAX_TEXT_BYTES),
                in.optionalText("request_id", MAX_TEXT_BYTES),
                in.text("user_id", MAX_TEXT_BYTES),
                in.longNumber("event_time"),
                in.text("video_id", MAX_TEXT_BYTES),
                in.optionalText("channel_id", MAX_TEXT_BYTES),
                in.present("position") ? in.intNumber("position") : Impression.NO_POSITION,
                in.optionalText("device", MAX_TEXT_BYTES),
                in.optionalText("surface", MAX_TEXT_BYTES),
                in.optionalText("query_video_id", MAX_TEXT_BYTES),
                in.optionalText("user_language", MAX_TEXT_BYTES),
                in.optionalText("video_language", MAX_TEXT_BYTES),
                in.longNumber("video_duration_ms"),
                in.longNumber("video_published_at"),
                in.textLists("ids"),
                floats(in, "numbers"),
                in.optionalText("model_version", MAX_TEXT_BYTES),
                floats(in, "scores"));
    }

    private static SortedMap<String, Float> floats(AvroInput in, String field) {
        SortedMap<String, Float> map = new TreeMap<>();
        int read = 0;
        int more;
        // A name is one byte at least, its value four.
        while ((more = in.block(field, read, 1 + Float.BYTES, MAX_MAP_ENTRIES)) > 0) {
            for (int i = 0; i < more; i++) {
                map.put(in.text(field, MAX_TEXT_BYTES), in.floatNumber(field));
            }
            read += more;
        }
        return map;
    }

    @Override
    Optional<EventProblem> problemOf(Impression value) {
        return EventValidator.problemOf(value);
    }
}
