package freshet.jobs.sink;

import freshet.jobs.source.EventStream;
import freshet.jobs.type.Fields;
import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import freshet.jobs.type.ValueTypeInfo;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.Event;
import freshet.serde.wire.DeadLetterHeaders;
import freshet.serde.wire.EventJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Something that was set aside, as a record for people and repair tools. Headers are those of Kafka Connect's dead letter
 * queues. A record that could not be decoded is written as it was; an event, which has left its record behind, as JSON. No
 * keys: they would be user ids.
 *
 * @param topic where it goes
 * @param headers values are UTF-8
 * @param value of the record
 */
public record SetAsideRecord(String topic, SortedMap<String, byte[]> headers, byte[] value) {

    /** Header of a value that was cut: its whole length in bytes. */
    public static final String WHOLE_LENGTH = "freshet.whole_length";

    /** Header of an event: the stream that it came in. */
    public static final String STREAM = "freshet.stream";

    /** Header of an event: its time in milliseconds since 1970. */
    public static final String EVENT_TIME = "freshet.event_time";

    /** Leaves room for headers within the 1 MiB that brokers and producers take unless told otherwise. */
    private static final int MAX_VALUE_BYTES = 960 << 10;

    public static final TypeInformation<SetAsideRecord> TYPE =
            new ValueTypeInfo<>(SetAsideRecord.class, new Serializer());

    /** A record that could not become an event. */
    public static SetAsideRecord deadLetter(DeadLetter letter, String topic) {
        return fitting(topic, new TreeMap<>(DeadLetterHeaders.of(letter)), letter.raw());
    }

    /** An event that came too late. */
    public static SetAsideRecord late(Event event, String topic) {
        return event(
                topic,
                event,
                "late",
                "found an event at or behind the watermark, expected it before; or more"
                        + " events of its user were waiting than events.limits.pending_events allows");
    }

    /** Feedback whose impression never came. */
    public static SetAsideRecord orphan(Event event, String topic) {
        return event(topic, event, "orphan", "found no impression for it within events.feedback_wait");
    }

    private static SetAsideRecord event(String topic, Event event, String reason, String detail) {
        SortedMap<String, byte[]> headers = new TreeMap<>();
        headers.put(DeadLetterHeaders.REASON, utf8(reason));
        headers.put(DeadLetterHeaders.DETAIL, utf8(detail));
        headers.put(DeadLetterHeaders.STAGE, utf8("TRANSFORMATION"));
        headers.put(STREAM, utf8(EventStream.of(event).label()));
        headers.put(EVENT_TIME, utf8(Long.toString(event.eventTimeMillis())));
        return fitting(topic, headers, utf8(EventJson.toJson(event)));
    }

    /**
     * A record that a broker takes. One that came through with just the largest size would not go out again with our headers
     * around it, and the job would fail on it for ever; so its value is cut, and a header says how long it was.
     */
    private static SetAsideRecord fitting(String topic, SortedMap<String, byte[]> headers, byte[] value) {
        if (value.length <= MAX_VALUE_BYTES) {
            return new SetAsideRecord(topic, headers, value);
        }
        headers.put(WHOLE_LENGTH, utf8(Integer.toString(value.length)));
        return new SetAsideRecord(topic, headers, Arrays.copyOf(value, MAX_VALUE_BYTES));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The topic, the headers, the value. */
    public static final class Serializer extends ValueSerializer<SetAsideRecord> {
        private static final long serialVersionUID = 1L;
        private static final int NEWEST = 1;

        public Serializer() {
            this(NEWEST);
        }

        private Serializer(int layout) {
            super(layout);
        }

        @Override
        public SetAsideRecord createInstance() {
            return new SetAsideRecord("", new TreeMap<>(), new byte[0]);
        }

        @Override
        protected void write(SetAsideRecord record, DataOutputView out) throws IOException {
            Fields.writeText(record.topic(), out);
            Fields.writeCount(record.headers().size(), out);
            for (Map.Entry<String, byte[]> header : record.headers().entrySet()) {
                Fields.writeText(header.getKey(), out);
                Fields.writeBytes(header.getValue(), out);
            }
            Fields.writeBytes(record.value(), out);
        }

        @Override
        protected SetAsideRecord read(int layout, DataInputView in) throws IOException {
            String topic = Fields.readText(in);
            SortedMap<String, byte[]> headers = new TreeMap<>();
            for (int n = Fields.readCount(in); n > 0; n--) {
                headers.put(Fields.readText(in), Fields.readBytes(in));
            }
            return new SetAsideRecord(topic, headers, Fields.readBytes(in));
        }

        @Override
        public TypeSerializerSnapshot<SetAsideRecord> snapshotConfiguration() {
            return new Snapshot();
        }

        /** The layout of set-aside records in a checkpoint. */
        public static final class Snapshot extends LayoutSnapshot<SetAsideRecord> {
            public Snapshot() {
                super(NEWEST, Serializer::new);
            }
        }
    }
}
