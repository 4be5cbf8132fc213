package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One kind of record as Confluent's serializers write it: a zero byte, the schema's id in four bytes with the highest first,
 * then the fields as Avro. Decoding yields a value or a reason; an id that the registry does not know is
 * {@link Reason#UNKNOWN_SCHEMA}, while a registry that does not answer is no fault of the record and is thrown. Not
 * thread-safe.
 */
public final class ConfluentWire<T> {
    static final int HEADER_BYTES = 5;
    private static final byte MAGIC = 0;

    private final AvroCodec<T> codec;
    private final SchemaSource schemas;
    private final Map<Integer, SchemaResolution> resolutions = new HashMap<>();

    public ConfluentWire(AvroCodec<T> codec, SchemaSource schemas) {
        this.codec = codec;
        this.schemas = schemas;
    }

    /** The bytes of a value, for a registry where our schema has this id. */
    public byte[] encode(int schemaId, T value) {
        byte[] header = {
            MAGIC, (byte) (schemaId >>> 24), (byte) (schemaId >>> 16), (byte) (schemaId >>> 8), (byte) schemaId
        };
        return codec.encode(header, value);
    }

    /**
     * The value in the bytes, or why there is none. A Kafka record without a value is null here.
     *
     * @throws RegistryUnavailableException when the registry did not answer: decode the same bytes again later
     */
    public Decoded<T> decode(byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return Decoded.bad(
                    Reason.EMPTY,
                    "the record: found no bytes, expected " + codec.schema().getFullName());
        }
        try {
            return codec.decode(bytes, HEADER_BYTES, resolution(schemaId(bytes)));
        } catch (BadRecordException e) {
            return e.decoded();
        }
    }

    /** The schema id in a header. */
    static int schemaId(byte[] bytes) {
        if (bytes.length < HEADER_BYTES || bytes[0] != MAGIC) {
            throw new BadRecordException(
                    Reason.UNDECODABLE,
                    "the header: found " + HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 2))
                            + " in a record of " + bytes.length
                            + " bytes, expected 00 and a schema id (Confluent's wire format)");
        }
        return bytes[1] << 24 | (bytes[2] & 0xFF) << 16 | (bytes[3] & 0xFF) << 8 | bytes[4] & 0xFF;
    }

    private SchemaResolution resolution(int id) {
        SchemaResolution known = resolutions.get(id);
        if (known != null) {
            return known;
        }
        Optional<Schema> written = schemas.schema(id);
        if (written.isEmpty()) {
            throw new BadRecordException(
                    Reason.UNKNOWN_SCHEMA,
                    "the header: found schema id " + Integer.toUnsignedString(id)
                            + ", which is no Avro schema of the registry; expected a version of "
                            + codec.schema().getFullName());
        }
        SchemaResolution made = SchemaResolution.between(written.get(), codec.schema());
        resolutions.put(id, made);
        return made;
    }
}
