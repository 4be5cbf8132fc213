package freshet.jobs.source;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.EventValidator;
import freshet.serde.mapping.EventMapping;
import freshet.serde.mapping.Mapped;
import freshet.serde.mapping.MappedWire;
import freshet.serde.wire.ConfluentWire;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.EventJson;
import freshet.serde.wire.FeedbackCodec;
import freshet.serde.wire.GenericWire;
import freshet.serde.wire.HistorySeedCodec;
import freshet.serde.wire.ImpressionCodec;
import freshet.serde.wire.RegistryUnavailableException;
import freshet.serde.wire.SchemaSource;
import freshet.serde.wire.SchemaStore;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of one stream to events. Never throws for a record's sake: what cannot be an event becomes a dead letter that says
 * where it was read. Kafka records go through the stream's mapping where one is configured; files are of our schema. Not thread-safe.
 */
public final class EventDecoder {

    /** Bytes to an event of one kind. */
    private interface Decoding {
        Mapped<? extends Event> decode(byte @Nullable [] schemaHeader, byte[] bytes);
    }

    private final EventStream stream;
    private final Decoding decoding;

    private EventDecoder(EventStream stream, Decoding decoding) {
        this.stream = stream;
        this.decoding = decoding;
    }

    /** For the records of a stream's topic. */
    public static EventDecoder ofTopic(EventStream stream, FreshetConfig config) {
        EventMapping<? extends Event> mapping = switch (stream) {
            case HISTORY -> null;
            case IMPRESSIONS -> config.events().impressionMapping();
            case FEEDBACK -> config.events().feedbackMapping();
        };
        if (mapping != null) {
            return new EventDecoder(stream, mapped(stream, mapping, config));
        }
        return new EventDecoder(
                stream,
                switch (stream.format(config)) {
                    case AVRO -> avro(stream, config.events().schemaStore());
                    case JSON -> json(stream);
                    case CONFLUENT -> confluent(stream, config.schemaRegistry().client());
                });
    }

    /** For the lines of a stream's file. */
    public static EventDecoder ofLines(EventStream stream) {
        return new EventDecoder(stream, json(stream));
    }

    /** As {@link #decode(String, int, long, byte[], byte[])}, of a record without headers. */
    public SourceRecord decode(String topic, int partition, long offset, byte @Nullable [] bytes) {
        return decode(topic, partition, offset, null, bytes);
    }

    /**
     * One record.
     *
     * @param topic where it was read, or a file's name
     * @param partition of the topic; 0 for a file
     * @param offset in the partition; the line number from 0 for a file
     * @param schemaHeader value of the Kafka header {@link ConfluentWire#SCHEMA_HEADER}; null where the record has none
     * @param bytes the record; null for a Kafka record without a value
     * @throws RegistryUnavailableException when the schema registry did not answer, which says nothing about the record: let
     *     the job restart and read it again
     */
    public SourceRecord decode(
            String topic, int partition, long offset, byte @Nullable [] schemaHeader, byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return refused(topic, partition, offset, Reason.EMPTY, "found no bytes, expected an event", new byte[0]);
        }
        if (bytes.length > EventValidator.MAX_RECORD_BYTES) {
            return refused(
                    topic,
                    partition,
                    offset,
                    Reason.TOO_LONG,
                    "found more than the " + EventValidator.MAX_RECORD_BYTES + " bytes that a record may have",
                    bytes);
        }
        Mapped<? extends Event> outcome;
        try {
            outcome = decoding.decode(schemaHeader, bytes);
        } catch (RegistryUnavailableException e) {
            throw e;
        } catch (RuntimeException e) {
            // A decoder promises not to; if one does all the same, one record is lost to the dead letters, not the job.
            return refused(topic, partition, offset, Reason.UNDECODABLE, "the decoder failed: " + e, bytes);
        }
        if (outcome instanceof Mapped.Value<? extends Event> good) {
            return new SourceRecord.Good(good.event(), new SourceRecord.Origin(topic, partition, offset), bytes);
        }
        if (outcome instanceof Mapped.Skipped<? extends Event> skipped) {
            return new SourceRecord.Skipped(stream, skipped.condition());
        }
        Mapped.Bad<? extends Event> bad = (Mapped.Bad<? extends Event>) outcome;
        return refused(topic, partition, offset, bad.reason(), bad.detail(), bytes);
    }

    private SourceRecord refused(String topic, int partition, long offset, Reason reason, String detail, byte[] bytes) {
        return new SourceRecord.Refused(stream, new DeadLetter(topic, partition, offset, reason, detail, bytes));
    }

    private static Decoding avro(EventStream stream, SchemaStore schemas) {
        return switch (stream) {
            case HISTORY -> ours(new HistorySeedCodec(schemas)::decode);
            case IMPRESSIONS -> ours(new ImpressionCodec(schemas)::decode);
            case FEEDBACK -> ours(new FeedbackCodec(schemas)::decode);
        };
    }

    private static Decoding confluent(EventStream stream, SchemaSource schemas) {
        return switch (stream) {
            case HISTORY -> confluent(new ConfluentWire<>(new HistorySeedCodec(), schemas));
            case IMPRESSIONS -> confluent(new ConfluentWire<>(new ImpressionCodec(), schemas));
            case FEEDBACK -> confluent(new ConfluentWire<>(new FeedbackCodec(), schemas));
        };
    }

    private static Decoding confluent(ConfluentWire<? extends Event> wire) {
        return (schemaHeader, bytes) -> mapped(wire.decode(schemaHeader, bytes));
    }

    private static Decoding json(EventStream stream) {
        CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder(); // reports what is malformed
        return ours(bytes -> {
            String line;
            try {
                line = utf8.decode(ByteBuffer.wrap(bytes)).toString();
            } catch (CharacterCodingException e) {
                return Decoded.bad(Reason.UNDECODABLE, "found bytes that are not UTF-8, expected a JSON object");
            }
            return switch (stream) {
                case HISTORY -> EventJson.history(line);
                case IMPRESSIONS -> EventJson.impression(line);
                case FEEDBACK -> EventJson.feedback(line);
            };
        });
    }

    private static <T extends Event> Decoding mapped(
            EventStream stream, EventMapping<T> mapping, FreshetConfig config) {
        MappedWire<T> wire = switch (stream.format(config)) {
            case JSON -> MappedWire.json(mapping);
            case AVRO ->
                MappedWire.avro(
                        mapping, GenericWire.singleObject(config.events().schemaStore()));
            case CONFLUENT ->
                MappedWire.avro(
                        mapping, GenericWire.confluent(config.schemaRegistry().client()));
        };
        return wire::decode;
    }

    /** Records of our own schemas, of which none is skipped and whose headers say nothing. */
    private static Decoding ours(Function<byte[], Decoded<? extends Event>> decoding) {
        return (schemaHeader, bytes) -> mapped(decoding.apply(bytes));
    }

    private static Mapped<Event> mapped(Decoded<? extends Event> decoded) {
        if (decoded instanceof Decoded.Value<? extends Event> good) {
            return new Mapped.Value<>(good.value());
        }
        Decoded.Bad<? extends Event> bad = (Decoded.Bad<? extends Event>) decoded;
        return new Mapped.Bad<>(bad.reason(), bad.detail());
    }
}
