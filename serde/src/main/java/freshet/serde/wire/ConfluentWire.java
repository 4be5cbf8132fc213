package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One kind of record as Confluent's serializers write it: the schema's id, in a prefix or in a record header, and the fields as
 * Avro. Decoding yields a value or a reason; an id that the registry does not know is
 * {@link Reason#UNKNOWN_SCHEMA}, while a registry that does not answer is no fault of the record and is thrown. Not
 * thread-safe.
 */
public final class ConfluentWire<T> {
    /** Name of the record header that may hold the schema's id, where the record itself begins with the fields. */
    public static final String SCHEMA_HEADER = ConfluentHeader.NAME;

    private final AvroCodec<T> codec;
    private final SchemaSource schemas;
    private final Map<SchemaId, SchemaResolution> resolutions = new HashMap<>();

    public ConfluentWire(AvroCodec<T> codec, SchemaSource schemas) {
        this.codec = codec;
        this.schemas = schemas;
    }

    /** The bytes of a value, for a registry where our schema has this id. */
    public byte[] encode(int schemaId, T value) {
        byte[] header = {0, (byte) (schemaId >>> 24), (byte) (schemaId >>> 16), (byte) (schemaId >>> 8), (byte) schemaId
        };
        return codec.encode(header, value);
    }

    /** As {@link #decode(byte[], byte[])}, of a record without headers. */
    public Decoded<T> decode(byte @Nullable [] bytes) {
        return decode(null, bytes);
    }

    /**
     * The value in the bytes, or why there is none. A Kafka record without a value is null here.
     *
     * @param schemaHeader value of the record header {@link #SCHEMA_HEADER}; null where the record has none
     * @throws RegistryUnavailableException when the registry did not answer: decode the same bytes again later
     */
    public Decoded<T> decode(byte @Nullable [] schemaHeader, byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return Decoded.bad(
                    Reason.EMPTY,
                    "the record: found no bytes, expected " + codec.schema().getFullName());
        }
        try {
            ConfluentHeader header = ConfluentHeader.of(schemaHeader, bytes);
            return codec.decode(bytes, header.fieldsAt(), resolution(header.id()));
        } catch (BadRecordException e) {
            return e.decoded();
        }
    }

    private SchemaResolution resolution(SchemaId.OfRegistry id) {
        SchemaResolution known = resolutions.get(id);
        if (known != null) {
            return known;
        }
        Optional<Schema> written = schemas.schema(id);
        if (written.isEmpty()) {
            throw new BadRecordException(
                    Reason.UNKNOWN_SCHEMA,
                    "the header: found " + id.inWords()
                            + ", which is no Avro schema of the registry; expected a version of "
                            + codec.schema().getFullName()
                            + "; is schema_registry.url the registry of whoever wrote it?");
        }
        SchemaResolution made = SchemaResolution.between(written.get(), codec.schema());
        resolutions.put(id, made);
        return made;
    }
}
