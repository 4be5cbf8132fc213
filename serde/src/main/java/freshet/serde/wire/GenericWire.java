package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventValidator;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * Avro records of any schema, as generic records: what a mapping starts from. Decoding yields a record or a reason and
 * throws nothing but {@link RegistryUnavailableException}. Not thread-safe.
 */
public final class GenericWire {

    /** Which schema a record names, and where its fields begin. */
    private record Header(SchemaId id, int fieldsAt) {}

    /** Finds the header; throws a {@link BadRecordException} where there is none. */
    private interface Framing {
        Header header(byte @Nullable [] schemaHeader, byte[] bytes);
    }

    private final Framing framing;
    private final Function<SchemaId, Optional<Schema>> schemas;
    private final String remedy;
    private final Map<SchemaId, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
    private @Nullable BinaryDecoder decoder;

    private GenericWire(Framing framing, Function<SchemaId, Optional<Schema>> schemas, String remedy) {
        this.framing = framing;
        this.schemas = schemas;
        this.remedy = remedy;
    }

    /** Avro single-object encoding, of the schemas of a store. */
    public static GenericWire singleObject(SchemaStore store) {
        return new GenericWire(
                (schemaHeader, bytes) ->
                        new Header(new SchemaId.Fingerprint(AvroCodec.fingerprint(bytes)), AvroCodec.HEADER_BYTES),
                id -> store.find(((SchemaId.Fingerprint) id).value()),
                "add the file of the schema that it was written with to events.schemas");
    }

    /** Confluent's wire format, of the schemas of a registry. */
    public static GenericWire confluent(SchemaSource registry) {
        return new GenericWire(
                (schemaHeader, bytes) -> {
                    ConfluentHeader header = ConfluentHeader.of(schemaHeader, bytes);
                    return new Header(header.id(), header.fieldsAt());
                },
                id -> registry.schema((SchemaId.OfRegistry) id),
                "is schema_registry.url the registry of whoever wrote it?");
    }

    /** As {@link #decode(byte[], byte[])}, of a record without headers. */
    public Decoded<GenericRecord> decode(byte @Nullable [] bytes) {
        return decode(null, bytes);
    }

    /**
     * The record in the bytes, or why there is none.
     *
     * @param schemaHeader value of the record header {@link ConfluentWire#SCHEMA_HEADER}; null where the record has none
     * @throws RegistryUnavailableException when the registry did not answer: decode the same bytes again later
     */
    public Decoded<GenericRecord> decode(byte @Nullable [] schemaHeader, byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return Decoded.bad(Reason.EMPTY, "the record: found no bytes, expected Avro");
        }
        if (bytes.length > EventValidator.MAX_RECORD_BYTES) {
            return Decoded.bad(
                    Reason.TOO_LONG,
                    "the record: found " + bytes.length + " bytes, expected at most "
                            + EventValidator.MAX_RECORD_BYTES);
        }
        GenericDatumReader<GenericRecord> reader;
        int start;
        try {
            Header header = framing.header(schemaHeader, bytes);
            start = header.fieldsAt();
            reader = reader(header.id());
        } catch (BadRecordException e) {
            return e.decoded();
        }
        try {
            decoder = DecoderFactory.get().binaryDecoder(bytes, start, bytes.length - start, decoder);
            GenericRecord record = reader.read(null, decoder);
            return decoder.isEnd()
                    ? Decoded.value(record)
                    : Decoded.bad(Reason.UNDECODABLE, "the end of the record: found more bytes, expected none");
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // Avro throws nearly anything for bytes that are not its own; and a recursive schema recurses.
            return Decoded.bad(
                    Reason.UNDECODABLE,
                    "a record of " + reader.getSchema().getFullName() + ": found bytes that Avro refuses ("
                            + e.getClass().getSimpleName() + ")");
        }
    }

    private GenericDatumReader<GenericRecord> reader(SchemaId id) {
        GenericDatumReader<GenericRecord> known = readers.get(id);
        if (known != null) {
            return known;
        }
        Schema schema = schemas.apply(id)
                .orElseThrow(() -> new BadRecordException(
                        Reason.UNKNOWN_SCHEMA,
                        "the header: found " + id.inWords() + ", expected one of a known Avro schema; " + remedy));
        if (schema.getType() != Schema.Type.RECORD) {
            throw new BadRecordException(
                    Reason.UNKNOWN_SCHEMA,
                    id.inWords() + ": found the schema of a " + schema.getType().getName() + ", expected a record");
        }
        SchemaResolution.refuseItemsWithoutBytes(schema);
        GenericDatumReader<GenericRecord> made = new GenericDatumReader<>(schema);
        readers.put(id, made);
        return made;
    }
}
