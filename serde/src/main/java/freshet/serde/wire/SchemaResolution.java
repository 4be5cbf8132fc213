package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * How to read what another version of a schema wrote: Avro's own library resolves it (defaults for new fields, dropped
 * fields skipped, numbers promoted) and writes it again by our version, which the hand-written reader then takes. So there is
 * one reader, with one set of limits, whatever the version. Slower than our own version, by design: it is the way of the
 * weeks after an upgrade. Not thread-safe.
 */
final class SchemaResolution {
    private final boolean same;
    private final GenericDatumReader<GenericRecord> reader;
    private final GenericDatumWriter<GenericRecord> writer;
    private @Nullable BinaryDecoder decoder;
    private @Nullable BinaryEncoder encoder;

    private SchemaResolution(Schema written, Schema ours, boolean same) {
        this.same = same;
        this.reader = new GenericDatumReader<>(written, ours);
        this.writer = new GenericDatumWriter<>(ours);
    }

    /** Throws a {@link BadRecordException} where what was written cannot be read as ours. */
    static SchemaResolution between(Schema written, Schema ours) {
        if (Schemas.fingerprint(written) == Schemas.fingerprint(ours)) {
            return new SchemaResolution(ours, ours, true);
        }
        var compatibility = SchemaCompatibility.checkReaderWriterCompatibility(ours, written);
        if (compatibility.getType() != SchemaCompatibilityType.COMPATIBLE) {
            throw new BadRecordException(
                    Reason.UNKNOWN_SCHEMA,
                    "schema " + written.getFullName() + ": cannot be read as " + ours.getFullName() + ": "
                            + compatibility.getResult().getIncompatibilities().stream()
                                    .map(fault -> fault.getMessage() + " at " + fault.getLocation())
                                    .toList()
                            + "; expected a compatible version, or a mapping");
        }
        refuseItemsWithoutBytes(written);
        return new SchemaResolution(written, ours, false);
    }

    /** Whether records were written with our version, so that {@link #toOurs} is not needed. */
    boolean isSame() {
        return same;
    }

    /** The record that starts there and fills the rest of the bytes, as our version writes it. */
    byte[] toOurs(byte[] bytes, int start) {
        try {
            decoder = DecoderFactory.get().binaryDecoder(bytes, start, bytes.length - start, decoder);
            GenericRecord read = reader.read(null, decoder);
            if (!decoder.isEnd()) {
                throw new BadRecordException(
                        Reason.UNDECODABLE, "the end of the record: found more bytes, expected none");
            }
            ByteArrayOutputStream again = new ByteArrayOutputStream(bytes.length);
            encoder = EncoderFactory.get().directBinaryEncoder(again, encoder);
            writer.write(read, encoder);
            encoder.flush();
            return again.toByteArray();
        } catch (BadRecordException e) {
            throw e;
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // Avro throws nearly anything for bytes that are not its own; and a recursive writer's schema recurses.
            throw new BadRecordException(
                    Reason.UNDECODABLE, "a record of another version: found bytes that Avro refuses (" + e + ")");
        }
    }

    /** A list of nothings takes no bytes: a short record could claim billions of them, and Avro would count them all. */
    static void refuseItemsWithoutBytes(Schema written) {
        if (holdsItemsWithoutBytes(written, 0)) {
            throw new BadRecordException(
                    Reason.UNKNOWN_SCHEMA,
                    "schema " + written.getFullName()
                            + ": found a list whose items take no bytes, so that a short record"
                            + " could claim billions of them; expected none");
        }
    }

    private static boolean holdsItemsWithoutBytes(Schema schema, int depth) {
        if (depth > 32) {
            return false;
        }
        return switch (schema.getType()) {
            case ARRAY ->
                canBeEmpty(schema.getElementType(), depth)
                        || holdsItemsWithoutBytes(schema.getElementType(), depth + 1);
            case MAP -> holdsItemsWithoutBytes(schema.getValueType(), depth + 1);
            case UNION -> schema.getTypes().stream().anyMatch(type -> holdsItemsWithoutBytes(type, depth + 1));
            case RECORD ->
                schema.getFields().stream().anyMatch(field -> holdsItemsWithoutBytes(field.schema(), depth + 1));
            default -> false;
        };
    }

    private static boolean canBeEmpty(Schema schema, int depth) {
        return switch (schema.getType()) {
            case NULL -> true;
            case FIXED -> schema.getFixedSize() == 0;
            case RECORD ->
                depth > 32 || schema.getFields().stream().allMatch(field -> canBeEmpty(field.schema(), depth + 1));
            default -> false;
        };
    }
}
