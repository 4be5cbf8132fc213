package freshet.serde.mapping;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.EventValidator;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.GenericWire;
import freshet.serde.wire.RegistryUnavailableException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/** Bytes of someone else's topic to our events, through a mapping. Not thread-safe. */
public final class MappedWire<T extends Event> {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final EventMapping<T> mapping;
    private final @Nullable GenericWire avro;

    private MappedWire(EventMapping<T> mapping, @Nullable GenericWire avro) {
        this.mapping = mapping;
        this.avro = avro;
    }

    /** Records are JSON objects. */
    public static <T extends Event> MappedWire<T> json(EventMapping<T> mapping) {
        return new MappedWire<>(mapping, null);
    }

    /** Records are Avro, with whichever header. */
    public static <T extends Event> MappedWire<T> avro(EventMapping<T> mapping, GenericWire wire) {
        return new MappedWire<>(mapping, wire);
    }

    /** As {@link #decode(byte[], byte[])}, of a record without headers. */
    public Mapped<T> decode(byte @Nullable [] bytes) {
        return decode(null, bytes);
    }

    /**
     * The event in the bytes, or why there is none.
     *
     * @param schemaHeader value of the record header {@link freshet.serde.wire.ConfluentWire#SCHEMA_HEADER}; null where the
     *     record has none
     * @throws RegistryUnavailableException when a schema registry did not answer: decode the same bytes again later
     */
    public Mapped<T> decode(byte @Nullable [] schemaHeader, byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return new Mapped.Bad<>(Reason.EMPTY, "the record: found no bytes, expected some");
        }
        if (bytes.length > EventValidator.MAX_RECORD_BYTES) {
            return new Mapped.Bad<>(
                    Reason.TOO_LONG,
                    "the record: found " + bytes.length + " bytes, expected at most "
                            + EventValidator.MAX_RECORD_BYTES);
        }
        if (avro == null) {
            return decodeJson(bytes);
        }
        Decoded<GenericRecord> decoded = avro.decode(schemaHeader, bytes);
        if (decoded instanceof Decoded.Value<GenericRecord> good) {
            return mapping.map(good.value());
        }
        Decoded.Bad<GenericRecord> bad = (Decoded.Bad<GenericRecord>) decoded;
        return new Mapped.Bad<>(bad.reason(), bad.detail());
    }

    private Mapped<T> decodeJson(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            JsonNode json = JSON.readTree(text);
            return json.isObject()
                    ? mapping.map(json)
                    : new Mapped.Bad<>(Reason.UNDECODABLE, "the record: found no JSON object, expected one");
        } catch (CharacterCodingException e) {
            return new Mapped.Bad<>(Reason.UNDECODABLE, "the record: found bytes that are not UTF-8, expected JSON");
        } catch (JsonProcessingException e) {
            return new Mapped.Bad<>(Reason.UNDECODABLE, "the record: found text that is not JSON, expected an object");
        }
    }
}
