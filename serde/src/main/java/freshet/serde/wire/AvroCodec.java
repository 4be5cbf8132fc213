package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventProblem;
import freshet.serde.event.EventValidator;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One kind of record as Avro, in single-object encoding: the bytes C3 01, the schema's fingerprint in eight bytes with the
 * lowest first, then the fields one after the other. Layouts and test vectors are in FORMAT.md.
 *
 * <p>Fields are read and written by hand, in the order of the schema, without a generic record in between; what another
 * version of the schema wrote goes through {@link SchemaResolution} first. Decoding never throws. Not thread-safe: one codec
 * per thread.
 */
public abstract sealed class AvroCodec<T>
        permits ImpressionCodec,
                FeedbackCodec,
                HistorySeedCodec,
                DeadLetterCodec,
                FeatureStateCodec,
                ExampleCodec.Examples,
                ExampleCodec.Frontiers {

    static final int HEADER_BYTES = 10;
    private static final byte MARKER_0 = (byte) 0xC3;
    private static final byte MARKER_1 = 0x01;

    private final Schema schema;
    private final long fingerprint;
    private final byte[] header;
    private final SchemaStore store;
    private final Map<Long, SchemaResolution> resolutions = new HashMap<>();
    private final AvroInput in = new AvroInput();
    private final AvroOutput out = new AvroOutput();

    AvroCodec(Schema schema, SchemaStore store) {
        this.schema = schema;
        this.fingerprint = Schemas.fingerprint(schema);
        this.header = header(fingerprint);
        this.store = store;
    }

    abstract void write(T value, AvroOutput out);

    /** Leaves by a {@link BadRecordException} where the bytes are not a record of ours. */
    abstract T read(AvroInput in);

    /** What is wrong with a value that could be read. */
    abstract Optional<EventProblem> problemOf(T value);

    /** The schema that {@link #encode} writes with. */
    public final Schema schema() {
        return schema;
    }

    /** The most bytes a record may have to be looked at. */
    int maxRecordBytes() {
        return EventValidator.MAX_RECORD_BYTES;
    }

    /** The same value gives the same bytes. Does not validate: what breaks a limit is refused when it is decoded. */
    public final byte[] encode(T value) {
        return encode(header, value);
    }

    /** The fields of a value behind any other header. */
    final byte[] encode(byte[] otherHeader, T value) {
        out.reset();
        out.raw(otherHeader);
        write(value, out);
        return out.toByteArray();
    }

    /** The value in single-object encoded bytes, or why there is none. A Kafka record without a value is null here. */
    public final Decoded<T> decode(byte @Nullable [] bytes) {
        if (bytes == null || bytes.length == 0) {
            return Decoded.bad(Reason.EMPTY, "the record: found no bytes, expected " + schema.getFullName());
        }
        try {
            long writtenWith = fingerprint(bytes);
            return decode(bytes, HEADER_BYTES, writtenWith == fingerprint ? null : resolution(writtenWith));
        } catch (BadRecordException e) {
            return e.decoded();
        }
    }

    /** The value in the bytes from start on, written by another schema, or by ours where there is nothing to resolve. */
    final Decoded<T> decode(byte[] bytes, int start, @Nullable SchemaResolution resolution) {
        try {
            if (bytes.length > maxRecordBytes()) {
                throw new BadRecordException(
                        Reason.TOO_LONG,
                        "the record: found " + bytes.length + " bytes, expected at most " + maxRecordBytes());
            }
            if (resolution == null || resolution.isSame()) {
                in.reset(bytes, start, bytes.length);
            } else {
                byte[] ours = resolution.toOurs(bytes, start);
                in.reset(ours, 0, ours.length);
            }
            T value = read(in);
            in.expectEnd();
            Optional<EventProblem> problem = problemOf(value);
            return problem.isEmpty()
                    ? Decoded.value(value)
                    : Decoded.bad(problem.get().reason(), problem.get().detail());
        } catch (BadRecordException e) {
            return e.decoded();
        }
    }

    private SchemaResolution resolution(long writtenWith) {
        SchemaResolution known = resolutions.get(writtenWith);
        if (known != null) {
            return known;
        }
        Schema written = store.find(writtenWith)
                .orElseThrow(() -> new BadRecordException(
                        Reason.UNKNOWN_SCHEMA,
                        "the header: found fingerprint " + HexFormat.of().toHexDigits(writtenWith)
                                + ", expected a version of " + schema.getFullName() + " (ours: "
                                + HexFormat.of().toHexDigits(fingerprint)
                                + "); add the file of the schema that it was written with to events.schemas"));
        SchemaResolution made = SchemaResolution.between(written, schema);
        resolutions.put(writtenWith, made);
        return made;
    }

    /** Whether the header names a version of this schema. */
    final boolean wrote(byte @Nullable [] bytes) {
        if (bytes == null || !hasHeader(bytes)) {
            return false;
        }
        long writtenWith = fingerprint(bytes);
        return writtenWith == fingerprint
                || store.find(writtenWith)
                        .filter(written -> written.getFullName().equals(schema.getFullName()))
                        .isPresent();
    }

    private static boolean hasHeader(byte[] bytes) {
        return bytes.length >= HEADER_BYTES && bytes[0] == MARKER_0 && bytes[1] == MARKER_1;
    }

    /** The fingerprint in a single-object header. */
    static long fingerprint(byte[] bytes) {
        if (!hasHeader(bytes)) {
            throw new BadRecordException(
                    Reason.UNDECODABLE,
                    "the header: found " + HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 2))
                            + " in a record of "
                            + bytes.length + " bytes" + guess(bytes)
                            + "; expected c301 and a fingerprint (Avro single-object encoding)");
        }
        long fingerprint = 0;
        for (int i = HEADER_BYTES - 1; i >= 2; i--) {
            fingerprint = fingerprint << 8 | bytes[i] & 0xFF;
        }
        return fingerprint;
    }

    private static String guess(byte[] bytes) {
        return switch (bytes[0]) {
            case '{' -> ", which looks like JSON";
            case 0 -> ", which looks like Confluent's wire format";
            default -> "";
        };
    }

    private static byte[] header(long fingerprint) {
        byte[] header = Arrays.copyOf(new byte[] {MARKER_0, MARKER_1}, HEADER_BYTES);
        for (int i = 2; i < HEADER_BYTES; i++) {
            header[i] = (byte) (fingerprint >>> (8 * (i - 2)));
        }
        return header;
    }
}
