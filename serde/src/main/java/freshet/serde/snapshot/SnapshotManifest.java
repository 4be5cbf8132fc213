package freshet.serde.snapshot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.serde.wire.Decimals;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The last record of a snapshot, and what makes it one: what it is, and the exact bytes that belong to it. On the wire it is
 * one line of JSON with a fixed order of keys; SNAPSHOT-FORMAT.md lists them. The content is the concatenation of
 * the files in this order, cut into the chunks in this order.
 *
 * @param description what the snapshot is
 * @param files the files, in the order of their content
 * @param chunks the chunks, in order; each of them 1 to {@link SnapshotRecords#MAX_CHUNK_BYTES} bytes
 * @param bytes the length of the content
 * @param sha256 SHA-256 of the content, 64 lower-case hex digits
 */
public record SnapshotManifest(
        SnapshotDescription description, List<FilePart> files, List<ChunkPart> chunks, long bytes, String sha256) {

    /** The format this code writes, and the only one it reads. Unknown keys are allowed in it; other meanings are not. */
    public static final int FORMAT = 1;

    /** No manifest is longer; the longest a reader parses. */
    public static final int MAX_LINE_BYTES = 4 << 20;

    /** Nothing else would notice a bit that turned in a name or a metric. */
    private static final String SEAL_BEGIN = ",\"manifest_crc32c\":\"";

    private static final String SEAL_END = "\"}";
    private static final int CRC_DIGITS = 8;
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern CRC32C = Pattern.compile("[0-9a-f]{8}");
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** One file: its name, length and SHA-256 (64 lower-case hex digits). */
    public record FilePart(String name, long bytes, String sha256) {}

    /** One chunk: its length and CRC-32C. */
    public record ChunkPart(int bytes, int crc32c) {}

    public SnapshotManifest {
        files = List.copyOf(files);
        chunks = List.copyOf(chunks);
    }

    public SnapshotVersion version() {
        return description.version();
    }

    /** The manifest as it travels: one line of JSON, no line feed at its end. Equal manifests give equal lines. */
    public String toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("format", FORMAT);
            json.writeStringField("name", description.name());
            json.writeStringField("version", description.version().toString());
            json.writeNumberField("event_time_hour", description.version().eventTimeMillis());
            if (description.parent() != null) {
                json.writeStringField("parent", description.parent().toString());
            }
            json.writeStringField("model_fingerprint", description.modelFingerprint());
            json.writeStringField("feature_fingerprint", description.featureFingerprint());
            json.writeArrayFieldStart("tasks");
            for (String task : description.tasks()) {
                json.writeString(task);
            }
            json.writeEndArray();
            json.writeNumberField("examples", description.examples());
            writeMetrics(json);
            if (description.golden() != null) {
                json.writeStringField("golden", description.golden());
            }
            json.writeNumberField("bytes", bytes);
            json.writeStringField("sha256", sha256);
            json.writeArrayFieldStart("files");
            for (FilePart file : files) {
                json.writeStartObject();
                json.writeStringField("name", file.name());
                json.writeNumberField("bytes", file.bytes());
                json.writeStringField("sha256", file.sha256());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("chunks");
            for (ChunkPart chunk : chunks) {
                json.writeStartObject();
                json.writeNumberField("bytes", chunk.bytes());
                json.writeStringField("crc32c", Checksums.hex(chunk.crc32c()));
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        String line = text.toString();
        return sealed(line.substring(0, line.length() - 1));
    }

    /** Ends a line that still lacks its closing brace with the checksum of all that stands before it. */
    static String sealed(String open) {
        int crc = Checksums.crc32c(open.getBytes(StandardCharsets.UTF_8));
        return open + SEAL_BEGIN + Checksums.hex(crc) + SEAL_END;
    }

    private static void checkSeal(String line) throws BadSnapshotException {
        int open = line.length() - SEAL_BEGIN.length() - CRC_DIGITS - SEAL_END.length();
        if (open < 0 || !line.equals(sealed(line.substring(0, open)))) {
            throw new BadSnapshotException(
                    "snapshot manifest: its own checksum, the last key of the line, is missing or"
                            + " wrong; the line has been torn or altered on the way");
        }
    }

    private void writeMetrics(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("metrics");
        for (Map.Entry<String, SortedMap<String, Double>> task :
                description.metrics().entrySet()) {
            json.writeObjectFieldStart(task.getKey());
            for (Map.Entry<String, Double> metric : task.getValue().entrySet()) {
                json.writeFieldName(metric.getKey());
                json.writeNumber(Decimals.text(metric.getValue()));
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** Reads a manifest's bytes and checks that it is consistent in itself; the content is checked by whoever has it. */
    public static SnapshotManifest parse(byte[] line) throws BadSnapshotException {
        return parse(text(line));
    }

    /** Reads a manifest's line and checks that it is consistent in itself; the content is checked by whoever has it. */
    public static SnapshotManifest parse(String line) throws BadSnapshotException {
        checkSeal(line);
        JsonNode json;
        try {
            json = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new BadSnapshotException("snapshot manifest: not JSON: " + e.getOriginalMessage(), e);
        }
        if (!json.isObject()) {
            throw new BadSnapshotException("snapshot manifest: found no JSON object, expected one on one line");
        }
        int format = (int) number(json, "format", 0, Integer.MAX_VALUE);
        if (format != FORMAT) {
            throw new BadSnapshotException("snapshot manifest: found format " + format + ", this reader knows " + FORMAT
                    + "; update the reader, or write with the older version");
        }
        SnapshotManifest manifest = new SnapshotManifest(
                description(json),
                files(json),
                chunks(json),
                number(json, "bytes", 0, Long.MAX_VALUE),
                matching(json, "sha256", SHA256));
        manifest.checkSums();
        return manifest;
    }

    private static SnapshotDescription description(JsonNode json) throws BadSnapshotException {
        SnapshotVersion version = SnapshotVersion.parse(string(json, "version"));
        long hour = number(json, "event_time_hour", Long.MIN_VALUE, Long.MAX_VALUE);
        if (hour != version.eventTimeMillis()) {
            throw new BadSnapshotException("snapshot manifest: found event_time_hour " + hour + " with version "
                    + version + ", which is " + version.eventTimeMillis());
        }
        @Nullable SnapshotVersion parent = json.has("parent") ? SnapshotVersion.parse(string(json, "parent")) : null;
        List<String> tasks = new ArrayList<>();
        for (JsonNode task : list(json, "tasks")) {
            tasks.add(task.asText());
        }
        SortedMap<String, SortedMap<String, Double>> metrics = new TreeMap<>();
        for (Map.Entry<String, JsonNode> task : json.path("metrics").properties()) {
            SortedMap<String, Double> values = new TreeMap<>();
            for (Map.Entry<String, JsonNode> metric : task.getValue().properties()) {
                values.put(metric.getKey(), metric.getValue().asDouble());
            }
            metrics.put(task.getKey(), values);
        }
        try {
            return new SnapshotDescription(
                    string(json, "name"),
                    version,
                    parent,
                    string(json, "model_fingerprint"),
                    string(json, "feature_fingerprint"),
                    tasks,
                    number(json, "examples", 0, Long.MAX_VALUE),
                    metrics,
                    json.has("golden") ? string(json, "golden") : null);
        } catch (IllegalArgumentException e) {
            throw new BadSnapshotException("snapshot manifest: " + e.getMessage(), e);
        }
    }

    private static List<FilePart> files(JsonNode json) throws BadSnapshotException {
        List<FilePart> files = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode file : list(json, "files")) {
            String name = string(file, "name");
            if (!SnapshotFile.isName(name) || !names.add(name)) {
                throw new BadSnapshotException("snapshot manifest: found a file called '" + name
                        + "', expected names without folders, each once");
            }
            // A file is one array in memory.
            files.add(new FilePart(
                    name, number(file, "bytes", 0, Integer.MAX_VALUE - 8), matching(file, "sha256", SHA256)));
        }
        return files;
    }

    private static List<ChunkPart> chunks(JsonNode json) throws BadSnapshotException {
        List<ChunkPart> chunks = new ArrayList<>();
        for (JsonNode chunk : list(json, "chunks")) {
            int bytes = (int) number(chunk, "bytes", 1, SnapshotRecords.MAX_CHUNK_BYTES);
            chunks.add(new ChunkPart(bytes, Integer.parseUnsignedInt(matching(chunk, "crc32c", CRC32C), 16)));
        }
        return chunks;
    }

    private void checkSums() throws BadSnapshotException {
        long ofFiles = 0;
        for (FilePart file : files) {
            ofFiles += file.bytes();
        }
        long ofChunks = 0;
        for (ChunkPart chunk : chunks) {
            ofChunks += chunk.bytes();
        }
        if (ofFiles != bytes || ofChunks != bytes) {
            throw new BadSnapshotException("snapshot manifest " + version() + ": found " + ofFiles
                    + " bytes in files and " + ofChunks + " in chunks, expected " + bytes + " in both");
        }
        if (description.golden() != null
                && files.stream().noneMatch(file -> file.name().equals(description.golden()))) {
            throw new BadSnapshotException("snapshot manifest " + version() + ": golden rows are said to be in '"
                    + description.golden() + "', which is not among its files");
        }
    }

    private static String text(byte[] line) throws BadSnapshotException {
        if (line.length > MAX_LINE_BYTES) {
            throw new BadSnapshotException(
                    "snapshot manifest: found " + line.length + " bytes, expected at most " + MAX_LINE_BYTES);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadSnapshotException("snapshot manifest: not UTF-8 text", e);
        }
    }

    private static JsonNode list(JsonNode json, String key) throws BadSnapshotException {
        JsonNode value = json.path(key);
        if (!value.isArray()) {
            throw missing(key, "a list");
        }
        return value;
    }

    private static String string(JsonNode json, String key) throws BadSnapshotException {
        JsonNode value = json.path(key);
        if (!value.isTextual()) {
            throw missing(key, "text");
        }
        return value.asText();
    }

    private static String matching(JsonNode json, String key, Pattern pattern) throws BadSnapshotException {
        String value = string(json, key);
        if (!pattern.matcher(value).matches()) {
            throw missing(key, "lower-case hex digits, " + pattern);
        }
        return value;
    }

    private static long number(JsonNode json, String key, long min, long max) throws BadSnapshotException {
        JsonNode value = json.path(key);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < min || value.asLong() > max) {
            throw missing(key, "a whole number from " + min + " to " + max);
        }
        return value.asLong();
    }

    private static BadSnapshotException missing(String key, String expected) {
        return new BadSnapshotException("snapshot manifest: '" + key + "' is missing or wrong, expected " + expected);
    }
}
