package freshet.serde.snapshot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The safetensors format: a length, a JSON header with name, type, shape and place of each tensor, then the tensors' bytes,
 * little-endian, without gaps. Any language has a reader. Of its types we write and read {@code I64} and {@code F32}.
 *
 * <p>A file is written in one way only: tensors by size of their elements, widest first, then by name, as the reference
 * implementation does it; the header padded with spaces so that the tensors begin at a multiple of eight bytes. See
 * <a href="https://github.com/huggingface/safetensors">github.com/huggingface/safetensors</a>.
 *
 * <p>Immutable, safe on any thread; what the accessors return is a view that the caller may move but not write to.
 */
public final class SafeTensors {
    private static final int LENGTH_BYTES = 8;
    private static final int ALIGNMENT = 8;
    /** The reference implementation's own limit. */
    private static final int MAX_HEADER_BYTES = 100_000_000;

    private static final String METADATA = "__metadata__";
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final SortedMap<String, String> metadata;
    private final SortedMap<String, Tensor> tensors;

    private enum Type {
        I64(Long.BYTES),
        F32(Float.BYTES);

        final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }
    }

    private record Tensor(Type type, long[] shape, ByteBuffer data) {}

    private SafeTensors(SortedMap<String, String> metadata, SortedMap<String, Tensor> tensors) {
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /** Collects tensors and writes the file. Arrays are not copied: leave them alone until {@link #bytes} has run. */
    public static final class Writer {
        private final SortedMap<String, String> metadata = new TreeMap<>();
        private final SortedMap<String, Source> sources = new TreeMap<>();

        private record Source(Type type, long[] shape, long[] longs, float[] floats) {
            long bytes() {
                return (long) (longs.length + floats.length) * type.bytes;
            }

            void write(ByteBuffer into) {
                if (type == Type.I64) {
                    into.asLongBuffer().put(longs);
                } else {
                    into.asFloatBuffer().put(floats);
                }
                into.position(into.position() + (int) bytes());
            }
        }

        /** Adds a word for readers to the header. */
        public Writer metadata(String key, String value) {
            metadata.put(key, value);
            return this;
        }

        /** Adds a tensor of 64-bit integers, row by row. */
        public Writer add(String name, long[] values, long... shape) {
            return add(name, new Source(Type.I64, shape.clone(), values, new float[0]), values.length);
        }

        /** Adds a tensor of 32-bit floats, row by row. */
        public Writer add(String name, float[] values, long... shape) {
            return add(name, new Source(Type.F32, shape.clone(), new long[0], values), values.length);
        }

        private Writer add(String name, Source source, long length) {
            if (elements(source.shape()) != length) {
                throw new IllegalArgumentException("tensor " + name + ": found " + length
                        + " values, expected those of shape " + Arrays.toString(source.shape()));
            }
            if (name.equals(METADATA) || sources.put(name, source) != null) {
                throw new IllegalArgumentException("tensor " + name + ": the name is taken");
            }
            return this;
        }

        /** The file. */
        public byte[] bytes() {
            Comparator<Map.Entry<String, Source>> widestFirst =
                    Comparator.comparing(entry -> -entry.getValue().type().bytes);
            List<Map.Entry<String, Source>> ordered = sources.entrySet().stream()
                    .sorted(widestFirst.thenComparing(Map.Entry::getKey))
                    .toList();
            byte[] header = header(ordered);
            long dataBytes = 0;
            for (Map.Entry<String, Source> entry : ordered) {
                dataBytes += entry.getValue().bytes();
            }
            long total = LENGTH_BYTES + header.length + dataBytes;
            if (total > Integer.MAX_VALUE - 8) {
                throw new IllegalStateException(
                        "writing safetensors: " + total
                                + " bytes, a file of a snapshot holds at most 2 GiB; train on fewer ids, crosses or embedding dimensions");
            }
            ByteBuffer out = ByteBuffer.allocate((int) total).order(ByteOrder.LITTLE_ENDIAN);
            out.putLong(header.length).put(header);
            for (Map.Entry<String, Source> entry : ordered) {
                entry.getValue().write(out);
            }
            return out.array();
        }

        private byte[] header(List<Map.Entry<String, Source>> ordered) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (JsonGenerator json = JSON.createGenerator(bytes)) {
                json.writeStartObject();
                if (!metadata.isEmpty()) {
                    json.writeObjectFieldStart(METADATA);
                    for (Map.Entry<String, String> entry : metadata.entrySet()) {
                        json.writeStringField(entry.getKey(), entry.getValue());
                    }
                    json.writeEndObject();
                }
                long offset = 0;
                for (Map.Entry<String, Source> entry : ordered) {
                    Source source = entry.getValue();
                    json.writeObjectFieldStart(entry.getKey());
                    json.writeStringField("dtype", source.type().name());
                    json.writeFieldName("shape");
                    json.writeArray(source.shape(), 0, source.shape().length);
                    json.writeFieldName("data_offsets");
                    json.writeArray(new long[] {offset, offset + source.bytes()}, 0, 2);
                    json.writeEndObject();
                    offset += source.bytes();
                }
                json.writeEndObject();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
            while (bytes.size() % ALIGNMENT != 0) {
                bytes.write(' ');
            }
            return bytes.toByteArray();
        }
    }

    /**
     * Reads a file. The tensors are views of the given array.
     *
     * @throws BadSnapshotException when it is not a file of this format, or has tensors of other types
     */
    public static SafeTensors parse(byte[] bytes) throws BadSnapshotException {
        if (bytes.length < LENGTH_BYTES) {
            throw bad("found " + bytes.length + " bytes, expected at least " + LENGTH_BYTES);
        }
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long headerBytes = file.getLong();
        if (headerBytes < 2 || headerBytes > Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES)) {
            throw bad("found a header of " + headerBytes + " bytes in a file of " + bytes.length);
        }
        JsonNode header;
        try {
            header = JSON.readTree(bytes, LENGTH_BYTES, (int) headerBytes);
        } catch (IOException e) {
            throw new BadSnapshotException("safetensors: the header is not JSON", e);
        }
        int dataStart = LENGTH_BYTES + (int) headerBytes;
        int dataBytes = bytes.length - dataStart;
        SortedMap<String, String> metadata = new TreeMap<>();
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        SortedMap<Long, Long> places = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : header.properties()) {
            if (entry.getKey().equals(METADATA)) {
                entry.getValue()
                        .properties()
                        .forEach(word ->
                                metadata.put(word.getKey(), word.getValue().asText()));
                continue;
            }
            Tensor tensor = tensor(entry.getKey(), entry.getValue(), file, dataStart, dataBytes);
            tensors.put(entry.getKey(), tensor);
            long begin = entry.getValue().path("data_offsets").path(0).asLong();
            if (tensor.data().capacity() > 0
                    && places.put(begin, begin + tensor.data().capacity()) != null) {
                throw bad("two tensors begin at byte " + begin);
            }
        }
        long expected = 0;
        for (Map.Entry<Long, Long> place : places.entrySet()) {
            if (place.getKey() != expected) {
                throw bad("found a tensor at byte " + place.getKey() + ", expected the next at " + expected);
            }
            expected = place.getValue();
        }
        if (expected != dataBytes) {
            throw bad("found " + dataBytes + " bytes of tensors, expected " + expected);
        }
        return new SafeTensors(metadata, tensors);
    }

    private static Tensor tensor(String name, JsonNode json, ByteBuffer file, int dataStart, int dataBytes)
            throws BadSnapshotException {
        @Nullable Type type = null;
        for (Type known : Type.values()) {
            if (known.name().equals(json.path("dtype").asText())) {
                type = known;
            }
        }
        if (type == null) {
            throw bad("tensor " + name + ": found type " + json.path("dtype") + ", expected I64 or F32");
        }
        JsonNode dimensions = json.path("shape");
        JsonNode offsets = json.path("data_offsets");
        if (!dimensions.isArray() || dimensions.size() > 8 || !offsets.isArray() || offsets.size() != 2) {
            throw bad("tensor " + name + ": expected a shape and two data_offsets");
        }
        long[] shape = new long[dimensions.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = wholeNumber(name, dimensions.get(i));
        }
        long begin = wholeNumber(name, offsets.get(0));
        long end = wholeNumber(name, offsets.get(1));
        if (begin > end || end > dataBytes || elements(shape) * type.bytes != end - begin) {
            throw bad("tensor " + name + ": found bytes " + begin + " to " + end + " of " + dataBytes
                    + " for a shape of " + Arrays.toString(shape) + " " + type);
        }
        ByteBuffer data =
                file.slice(dataStart + (int) begin, (int) (end - begin)).order(ByteOrder.LITTLE_ENDIAN);
        return new Tensor(type, shape, data);
    }

    private static long wholeNumber(String name, JsonNode json) throws BadSnapshotException {
        if (!json.isIntegralNumber() || json.asLong(-1) < 0 || json.asLong() > Integer.MAX_VALUE) {
            throw bad("tensor " + name + ": found " + json + " in its shape or offsets, expected a whole number");
        }
        return json.asLong();
    }

    /** The number of elements of a shape; saturates, so that a wrong one is never taken for a small one. */
    private static long elements(long[] shape) {
        long elements = 1;
        for (long dimension : shape) {
            long high = Math.multiplyHigh(elements, dimension);
            elements = high != 0 || elements * dimension > Integer.MAX_VALUE ? Integer.MAX_VALUE : elements * dimension;
        }
        return elements;
    }

    private static BadSnapshotException bad(String what) {
        return new BadSnapshotException("safetensors: " + what);
    }

    /** The header's words. */
    public SortedMap<String, String> metadata() {
        return Collections.unmodifiableSortedMap(metadata);
    }

    /** The tensors' names and shapes, by name. */
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape().clone()));
        return shapes;
    }

    /** The values of a tensor of 64-bit integers, row by row. */
    public LongBuffer longs(String name) throws BadSnapshotException {
        return find(name, Type.I64).data().asLongBuffer();
    }

    /** The values of a tensor of 32-bit floats, row by row. */
    public FloatBuffer floats(String name) throws BadSnapshotException {
        return find(name, Type.F32).data().asFloatBuffer();
    }

    /** The values of a tensor of 32-bit floats, copied; checked against the shape that the caller knows it must have. */
    public float[] floats(String name, long... shape) throws BadSnapshotException {
        Tensor tensor = find(name, Type.F32);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw bad("tensor " + name + ": found shape " + Arrays.toString(tensor.shape()) + ", expected "
                    + Arrays.toString(shape));
        }
        FloatBuffer values = tensor.data().asFloatBuffer();
        float[] copy = new float[values.remaining()];
        values.get(copy);
        return copy;
    }

    private Tensor find(String name, Type type) throws BadSnapshotException {
        Tensor tensor = tensors.get(name);
        if (tensor == null || tensor.type() != type) {
            throw bad("found " + (tensor == null ? "no tensor" : "type " + tensor.type()) + " called " + name
                    + " among " + tensors.keySet() + ", expected one of type " + type);
        }
        return tensor;
    }
}
