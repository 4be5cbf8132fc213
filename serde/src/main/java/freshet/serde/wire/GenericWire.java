package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventValidator;
import java.io.IOException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
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

    /** Where a header ends, and which schema it names. */
    private interface Framing {
        int headerBytes();

        long schemaKey(byte[] bytes);

        Optional<Schema> schema(long key);

        String inWords(long key);
    }

    private final Framing framing;
    private final Map<Long, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
    private @Nullable BinaryDecoder decoder;

    private GenericWire(Framing framing) {
        this.framing = framing;
    }

    /** Avro single-object encoding, of the schemas of a store. */
    public static GenericWire singleObject(SchemaStore store) {
        return new GenericWire(new Framing() {
            @Override
            public int headerBytes() {
                return AvroCodec.HEADER_BYTES;
            }

            @Override
            public long schemaKey(byte[] bytes) {
                return AvroCodec.fingerprint(bytes);
            }

            @Override
            public Optional<Schema> schema(long key) {
                return store.find(key);
            }

            @Override
            public String inWords(long key) {
                return "fingerprint " + HexFormat.of().toHexDigits(key);
            }
        });
    }

    /** Confluent's wire format, of the schemas of a registry. */
    public static GenericWire confluent(SchemaSource registry) {
        return new GenericWire(new Framing() {
            @Override
            public int headerBytes() {
                return ConfluentWire.HEADER_BYTES;
            }

            @Override
            public long schemaKey(byte[] bytes) {
                return ConfluentWire.schemaId(bytes);
            }

            @Override
            public Optional<Schema> schema(long key) {
                return registry.schema((int) key);
            }

            @Override
            public String inWords(long key) {
                return "schema id " + Integer.toUnsignedString((int) key);
            }
        });
    }

    /**
     * The record in the bytes, or why there is none.
     *
     * @throws RegistryUnavailableException when the registry did not answer: decode the same bytes again later
     */
    public Decoded<GenericRecord> decode(byte @Nullable [] bytes) {
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
        try {
            reader = reader(framing.schemaKey(bytes));
        } catch (BadRecordException e) {
            return e.decoded();
        }
        try {
            int start = framing.headerBytes();
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

    private GenericDatumReader<GenericRecord> reader(long key) {
        GenericDatumReader<GenericRecord> known = readers.get(key);
        if (known != null) {
            return known;
        }
        Schema schema = framing.schema(key)
                .orElseThrow(() -> new BadRecordException(
                        Reason.UNKNOWN_SCHEMA,
                        "the header: found " + framing.inWords(key) + ", expected one of a known Avro schema"));
        if (schema.getType() != Schema.Type.RECORD) {
            throw new BadRecordException(
                    Reason.UNKNOWN_SCHEMA,
                    framing.inWords(key) + ": found the schema of a "
                            + schema.getType().getName() + ", expected a record");
        }
        SchemaResolution.refuseItemsWithoutBytes(schema);
        GenericDatumReader<GenericRecord> made = new GenericDatumReader<>(schema);
        readers.put(key, made);
        return made;
    }
}
