package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a record of Confluent's serializers names its schema: in the record header {@link #NAME}, a byte {@code 01} and a GUID of
 * sixteen bytes with the highest first (clients of 8.1 on, if told to); or before the fields, a byte {@code 00} and a
 * number of four bytes. The header goes before the prefix, as in Confluent's own deserializers. A number may stand in the
 * header too.
 *
 * @param id of the schema
 * @param fieldsAt where in the record the fields begin
 */
record ConfluentHeader(SchemaId.OfRegistry id, int fieldsAt) {
    /** Name of the record header. */
    static final String NAME = "__value_schema_id";

    static final int PREFIX_BYTES = 5;
    private static final byte NUMBER = 0;
    private static final byte GUID = 1;
    private static final int GUID_BYTES = 17;

    /**
     * Reads it.
     *
     * @param schemaHeader value of the record header; null where the record has none
     * @param bytes the record
     */
    static ConfluentHeader of(byte @Nullable [] schemaHeader, byte[] bytes) {
        if (schemaHeader == null) {
            if (bytes.length < PREFIX_BYTES || bytes[0] != NUMBER) {
                throw new BadRecordException(
                        Reason.UNDECODABLE,
                        "the header: found " + start(bytes) + ", expected 00 and a schema id (Confluent's wire format),"
                                + " or the record header " + NAME);
            }
            return new ConfluentHeader(number(bytes), PREFIX_BYTES);
        }
        if (schemaHeader.length == GUID_BYTES && schemaHeader[0] == GUID) {
            ByteBuffer guid = ByteBuffer.wrap(schemaHeader, 1, GUID_BYTES - 1);
            return new ConfluentHeader(new SchemaId.Guid(new UUID(guid.getLong(), guid.getLong())), 0);
        }
        if (schemaHeader.length == PREFIX_BYTES && schemaHeader[0] == NUMBER) {
            return new ConfluentHeader(number(schemaHeader), 0);
        }
        throw new BadRecordException(
                Reason.UNDECODABLE,
                "the record header " + NAME + ": found " + start(schemaHeader)
                        + ", expected 01 and the 16 bytes of a schema's GUID, or 00 and the 4 bytes of its id");
    }

    private static SchemaId.Number number(byte[] bytes) {
        return new SchemaId.Number(ByteBuffer.wrap(bytes, 1, Integer.BYTES).getInt());
    }

    private static String start(byte[] bytes) {
        return HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 2)) + " at the start of " + bytes.length
                + " bytes";
    }
}
