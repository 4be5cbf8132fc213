package freshet.jobs.type;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** An event: one byte for its kind, then its fields in the order of the record. */
public final class EventSerializer extends ValueSerializer<Event> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 1;

    private static final int SEED = 0;
    private static final int IMPRESSION = 1;
    private static final int FEEDBACK = 2;

    public EventSerializer() {
        this(NEWEST);
    }

    private EventSerializer(int layout) {
        super(layout);
    }

    @Override
    public Event createInstance() {
        return new Feedback("", null, "", "", 0, "", 0);
    }

    @Override
    protected void write(Event event, DataOutputView out) throws IOException {
        if (event instanceof Impression impression) {
            out.writeByte(IMPRESSION);
            writeImpression(impression, out);
        } else if (event instanceof Feedback feedback) {
            out.writeByte(FEEDBACK);
            writeFeedback(feedback, out);
        } else {
            out.writeByte(SEED);
            writeSeed((HistorySeed) event, out);
        }
    }

    @Override
    protected Event read(int layout, DataInputView in) throws IOException {
        int kind = in.readByte();
        return switch (kind) {
            case SEED -> readSeed(in);
            case IMPRESSION -> readImpression(in);
            case FEEDBACK -> readFeedback(in);
            default -> throw new IOException("reading an event: found kind " + kind + ", expected 0, 1 or 2");
        };
    }

    private static void writeSeed(HistorySeed seed, DataOutputView out) throws IOException {
        Fields.writeText(seed.userId(), out);
        out.writeLong(seed.eventTimeMillis());
        out.writeLong(seed.impressions());
        writeLists(seed.recentVideos(), out);
    }

    private static HistorySeed readSeed(DataInputView in) throws IOException {
        return new HistorySeed(Fields.readText(in), in.readLong(), in.readLong(), readLists(in));
    }

    private static void writeImpression(Impression impression, DataOutputView out) throws IOException {
        Fields.writeText(impression.impressionId(), out);
        Fields.writeText(impression.requestId(), out);
        Fields.writeText(impression.userId(), out);
        out.writeLong(impression.eventTimeMillis());
        Fields.writeText(impression.videoId(), out);
        Fields.writeText(impression.channelId(), out);
        out.writeInt(impression.position());
        Fields.writeText(impression.device(), out);
        Fields.writeText(impression.surface(), out);
        Fields.writeText(impression.queryVideoId(), out);
        Fields.writeText(impression.userLanguage(), out);
        Fields.writeText(impression.videoLanguage(), out);
        out.writeLong(impression.videoDurationMillis());
        out.writeLong(impression.videoPublishedAtMillis());
        writeLists(impression.ids(), out);
        writeNumbers(impression.numbers(), out);
        Fields.writeText(impression.modelVersion(), out);
        writeNumbers(impression.scores(), out);
    }

    private static Impression readImpression(DataInputView in) throws IOException {
        return new Impression(
                Fields.readText(in),
                Fields.readOptionalText(in),
                Fields.readText(in),
                in.readLong(),
                Fields.readText(in),
                Fields.readOptionalText(in),
                in.readInt(),
                Fields.readOptionalText(in),
                Fields.readOptionalText(in),
                Fields.readOptionalText(in),
                Fields.readOptionalText(in),
                Fields.readOptionalText(in),
                in.readLong(),
                in.readLong(),
                readLists(in),
                readNumbers(in),
                Fields.readOptionalText(in),
                readNumbers(in));
    }

    private static void writeFeedback(Feedback feedback, DataOutputView out) throws IOException {
        Fields.writeText(feedback.feedbackId(), out);
        Fields.writeText(feedback.impressionId(), out);
        Fields.writeText(feedback.userId(), out);
        Fields.writeText(feedback.videoId(), out);
        out.writeLong(feedback.eventTimeMillis());
        Fields.writeText(feedback.kind(), out);
        out.writeDouble(feedback.value());
    }

    private static Feedback readFeedback(DataInputView in) throws IOException {
        return new Feedback(
                Fields.readText(in),
                Fields.readOptionalText(in),
                Fields.readText(in),
                Fields.readText(in),
                in.readLong(),
                Fields.readText(in),
                in.readDouble());
    }

    private static void writeLists(SortedMap<String, List<String>> lists, DataOutputView out) throws IOException {
        Fields.writeCount(lists.size(), out);
        for (Map.Entry<String, List<String>> entry : lists.entrySet()) {
            Fields.writeText(entry.getKey(), out);
            Fields.writeTexts(entry.getValue(), out);
        }
    }

    private static SortedMap<String, List<String>> readLists(DataInputView in) throws IOException {
        SortedMap<String, List<String>> lists = new TreeMap<>();
        int count = Fields.readCount(in);
        for (int i = 0; i < count; i++) {
            lists.put(Fields.readText(in), List.copyOf(Fields.readTexts(in)));
        }
        return lists;
    }

    private static void writeNumbers(SortedMap<String, Float> numbers, DataOutputView out) throws IOException {
        Fields.writeCount(numbers.size(), out);
        for (Map.Entry<String, Float> entry : numbers.entrySet()) {
            Fields.writeText(entry.getKey(), out);
            out.writeFloat(entry.getValue());
        }
    }

    private static SortedMap<String, Float> readNumbers(DataInputView in) throws IOException {
        SortedMap<String, Float> numbers = new TreeMap<>();
        int count = Fields.readCount(in);
        for (int i = 0; i < count; i++) {
            numbers.put(Fields.readText(in), in.readFloat());
        }
        return numbers;
    }

    @Override
    public TypeSerializerSnapshot<Event> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of events in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<Event> {
        public Snapshot() {
            super(NEWEST, EventSerializer::new);
        }
    }
}
