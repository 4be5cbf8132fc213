package freshet.serde.wire;

import freshet.serde.event.Impression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Other versions of a schema, and records written by Avro's own library with them. */
final class Evolution {
    private Evolution() {}

    /** Our fields in reverse order, behind one that we do not have. */
    static Schema reversed(Schema schema) {
        List<Schema.Field> fields = new ArrayList<>();
        schema.getFields().forEach(field -> fields.add(new Schema.Field(field, field.schema())));
        fields.add(new Schema.Field("added_later", Schema.create(Schema.Type.STRING), "Not ours.", ""));
        Collections.reverse(fields);
        return Schema.createRecord(schema.getName(), schema.getDoc(), schema.getNamespace(), false, fields);
    }

    /** Without some of the fields. */
    static Schema without(Schema schema, String... names) {
        List<Schema.Field> fields = new ArrayList<>();
        schema.getFields().stream()
                .filter(field -> !List.of(names).contains(field.name()))
                .forEach(field -> fields.add(new Schema.Field(field, field.schema())));
        return Schema.createRecord(schema.getName(), schema.getDoc(), schema.getNamespace(), false, fields);
    }

    /** What Avro's library reads from what we wrote. */
    static GenericRecord generic(Impression impression) {
        return generic(new ImpressionCodec().encode(impression), Schemas.IMPRESSION);
    }

    static GenericRecord generic(byte[] singleObject, Schema schema) {
        try {
            int start = AvroCodec.HEADER_BYTES;
            return new GenericDatumReader<GenericRecord>(schema)
                    .read(
                            null,
                            DecoderFactory.get().binaryDecoder(singleObject, start, singleObject.length - start, null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A record's fields in another version, single-object encoded by Avro's library. */
    static byte[] written(GenericRecord record, Schema schema) {
        return written(record, schema, EncoderFactory.get());
    }

    static byte[] written(GenericRecord record, Schema schema, EncoderFactory encoders) {
        GenericRecord other = new GenericData.Record(schema);
        for (Schema.Field field : schema.getFields()) {
            other.put(
                    field.pos(),
                    record.hasField(field.name())
                            ? record.get(field.name())
                            : GenericData.get().getDefaultValue(field));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(ByteBuffer.allocate(AvroCodec.HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0xC3)
                .put((byte) 0x01)
                .putLong(Schemas.fingerprint(schema))
                .array());
        try {
            BinaryEncoder encoder = encoders.blockingBinaryEncoder(out, null);
            new GenericDatumWriter<GenericRecord>(schema).write(other, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
