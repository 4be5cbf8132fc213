package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Whole events in the state of a user, and the order in which a user's events are processed. The user's id is not written:
 * the state has it once. A kind byte comes first; absent texts are told apart from empty ones by bits in front.
 */
final class EventBytes {
    private static final int SEED = 0;
    private static final int IMPRESSION = 1;
    private static final int FEEDBACK = 2;

    /**
     * {@link Event#ORDER}, and where that says "the same event twice" but the two differ, the order of their bytes: so which
     * of the two is kept does not depend on which came first.
     */
    static final Comparator<Event> TOTAL_ORDER =
            Event.ORDER.thenComparing(EventBytes::content, Arrays::compareUnsigned);

    private EventBytes() {}

    private static byte[] content(Event event) {
        ByteWriter out = new ByteWriter();
        write(out, event);
        return out.toByteArray();
    }

    static boolean isSeed(byte[] bytes) {
        return bytes[0] == SEED;
    }

    static boolean isImpression(byte[] bytes) {
        return bytes[0] == IMPRESSION;
    }

    static void write(ByteWriter out, Event event) {
        if (event instanceof HistorySeed seed) {
            out.writeByte(SEED);
            out.writeSignedVarLong(seed.eventTimeMillis());
            out.writeVarLong(seed.impressions());
            writeMap(out, seed.recentVideos(), EventBytes::writeTexts);
        } else if (event instanceof Impression impression) {
            out.writeByte(IMPRESSION);
            writeImpression(out, impression);
        } else if (event instanceof Feedback feedback) {
            out.writeByte(FEEDBACK);
            writeFeedback(out, feedback);
        }
    }

    static Event read(ByteReader in, String userId) {
        int kind = in.readByte();
        return switch (kind) {
            case SEED ->
                new HistorySeed(userId, in.readSignedVarLong(), in.readVarLong(), readMap(in, EventBytes::readTexts));
            case IMPRESSION -> readImpression(in, userId);
            case FEEDBACK -> readFeedback(in, userId);
            default ->
                throw new IllegalStateException("reading a pending event: found kind " + kind
                        + ", expected 0 to 2; the bytes are damaged or of a newer release");
        };
    }

    static void writeFeedback(ByteWriter out, Feedback feedback) {
        out.writeText(feedback.feedbackId());
        writeOptional(out, feedback.impressionId());
        out.writeText(feedback.videoId());
        out.writeSignedVarLong(feedback.eventTimeMillis());
        out.writeText(feedback.kind());
        out.writeDouble(feedback.value());
    }

    static Feedback readFeedback(ByteReader in, String userId) {
        return new Feedback(
                in.readText(),
                readOptional(in),
                userId,
                in.readText(),
                in.readSignedVarLong(),
                in.readText(),
                in.readDouble());
    }

    private static void writeImpression(ByteWriter out, Impression impression) {
        out.writeText(impression.impressionId());
        writeOptional(out, impression.requestId());
        out.writeSignedVarLong(impression.eventTimeMillis());
        out.writeText(impression.videoId());
        writeOptional(out, impression.channelId());
        out.writeSignedVarLong(impression.position());
        writeOptional(out, impression.device());
        writeOptional(out, impression.surface());
        writeOptional(out, impression.queryVideoId());
        writeOptional(out, impression.userLanguage());
        writeOptional(out, impression.videoLanguage());
        out.writeSignedVarLong(impression.videoDurationMillis());
        out.writeSignedVarLong(impression.videoPublishedAtMillis());
        writeMap(out, impression.ids(), EventBytes::writeTexts);
        writeMap(out, impression.numbers(), ByteWriter::writeFloat);
        writeOptional(out, impression.modelVersion());
        writeMap(out, impression.scores(), ByteWriter::writeFloat);
    }

    private static Impression readImpression(ByteReader in, String userId) {
        return new Impression(
                in.readText(),
                readOptional(in),
                userId,
                in.readSignedVarLong(),
                in.readText(),
                readOptional(in),
                (int) in.readSignedVarLong(),
                readOptional(in),
                readOptional(in),
                readOptional(in),
                readOptional(in),
                readOptional(in),
                in.readSignedVarLong(),
                in.readSignedVarLong(),
                readMap(in, EventBytes::readTexts),
                readMap(in, ByteReader::readFloat),
                readOptional(in),
                readMap(in, ByteReader::readFloat));
    }

    private static void writeOptional(ByteWriter out, @Nullable String text) {
        out.writeByte(text == null ? 0 : 1);
        if (text != null) {
            out.writeText(text);
        }
    }

    private static @Nullable String readOptional(ByteReader in) {
        return in.readByte() == 0 ? null : in.readText();
    }

    private static void writeTexts(ByteWriter out, List<String> texts) {
        out.writeVarLong(texts.size());
        texts.forEach(out::writeText);
    }

    private static List<String> readTexts(ByteReader in) {
        int size = in.readCount(1);
        List<String> texts = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            texts.add(in.readText());
        }
        return texts;
    }

    private static <V> void writeMap(ByteWriter out, SortedMap<String, V> map, BiConsumer<ByteWriter, V> writeValue) {
        out.writeVarLong(map.size());
        for (Map.Entry<String, V> entry : map.entrySet()) {
            out.writeText(entry.getKey());
            writeValue.accept(out, entry.getValue());
        }
    }

    private static <V> SortedMap<String, V> readMap(ByteReader in, Function<ByteReader, V> readValue) {
        SortedMap<String, V> map = new TreeMap<>();
        for (int n = in.readCount(2); n > 0; n--) {
            String key = in.readText();
            map.put(key, readValue.apply(in));
        }
        return map;
    }
}
