package freshet.serde.snapshot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.serde.snapshot.SnapshotManifest.ChunkPart;
import freshet.serde.snapshot.SnapshotManifest.FilePart;
import freshet.serde.wire.Decimals;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What the manifests of snapshots and of deltas have in common: how their JSON is written, read and checked. */
final class ManifestJson {
    static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern CRC32C = Pattern.compile("[0-9a-f]{8}");
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** What messages call it. */
    private final String what;

    private final JsonNode json;

    /** Writes the keys of one manifest. */
    interface Keys {
        void write(JsonGenerator json) throws IOException;
    }

    private ManifestJson(String what, JsonNode json) {
        this.what = what;
        this.json = json;
    }

    /** One JSON object without its closing brace. */
    static String open(Keys keys) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            keys.write(json);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.getBuffer().substring(0, text.getBuffer().length() - 1);
    }

    static void writeContent(
            JsonGenerator json, long bytes, String sha256, List<FilePart> files, List<ChunkPart> chunks)
            throws IOException {
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
        json.writeArrayFieldStart("chunk_crc32c");
        for (ChunkPart chunk : chunks) {
            json.writeString(Checksums.hex(chunk.crc32c()));
        }
        json.writeEndArray();
    }

    /** Numbers by task and name. */
    static void writeByTask(JsonGenerator json, String key, SortedMap<String, SortedMap<String, Double>> byTask)
            throws IOException {
        json.writeObjectFieldStart(key);
        for (Map.Entry<String, SortedMap<String, Double>> task : byTask.entrySet()) {
            json.writeObjectFieldStart(task.getKey());
            for (Map.Entry<String, Double> number : task.getValue().entrySet()) {
                json.writeFieldName(number.getKey());
                json.writeNumber(Decimals.text(number.getValue()));
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** Parses a line whose checksum is right, and checks that it is of the format this code knows. */
    static ManifestJson parse(String what, String line, int format) throws BadSnapshotException {
        JsonNode json;
        try {
            json = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new BadSnapshotException(what + ": not JSON: " + e.getOriginalMessage(), e);
        }
        if (!json.isObject()) {
            throw new BadSnapshotException(what + ": found no JSON object, expected one on one line");
        }
        ManifestJson parsed = new ManifestJson(what, json);
        int found = (int) parsed.number("format", 0, Integer.MAX_VALUE);
        if (found != format) {
            throw new BadSnapshotException(what + ": found format " + found + ", this reader knows " + format
                    + "; update the reader, or write with the older version");
        }
        return parsed;
    }

    /** The key id of a manifest's line; empty where it has none or is no JSON. */
    static Optional<String> keyId(String line) {
        try {
            JsonNode keyId = JSON.readTree(line).path("key_id");
            return keyId.isTextual() ? Optional.of(keyId.asText()) : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    boolean has(String key) {
        return json.has(key);
    }

    String string(String key) throws BadSnapshotException {
        return string(json, key);
    }

    /** Of lower-case hex digits. */
    String sha256(String key) throws BadSnapshotException {
        return matching(json, key, SHA256);
    }

    long number(String key, long min, long max) throws BadSnapshotException {
        return number(json, key, min, max);
    }

    List<String> strings(String key) throws BadSnapshotException {
        List<String> strings = new ArrayList<>();
        for (JsonNode item : list(key)) {
            strings.add(item.asText());
        }
        return strings;
    }

    /** Numbers by task and name; empty where the key is missing. */
    SortedMap<String, SortedMap<String, Double>> byTask(String key) {
        SortedMap<String, SortedMap<String, Double>> byTask = new TreeMap<>();
        for (Map.Entry<String, JsonNode> task : json.path(key).properties()) {
            SortedMap<String, Double> numbers = new TreeMap<>();
            for (Map.Entry<String, JsonNode> number : task.getValue().properties()) {
                numbers.put(number.getKey(), number.getValue().asDouble());
            }
            byTask.put(task.getKey(), numbers);
        }
        return byTask;
    }

    List<FilePart> files() throws BadSnapshotException {
        List<FilePart> files = new ArrayList<>();
        Set<String> names = new HashSet<>();
        long sum = 0;
        for (JsonNode file : list("files")) {
            String name = string(file, "name");
            if (!SnapshotFile.isName(name) || !names.add(name)) {
                throw new BadSnapshotException(
                        what + ": found a file called '" + name + "', expected names without folders, each once");
            }
            // A file is one array in memory.
            long bytes = number(file, "bytes", 0, Integer.MAX_VALUE - 8);
            files.add(new FilePart(name, bytes, matching(file, "sha256", SHA256)));
            sum += bytes;
        }
        long bytes = number("bytes", 0, Long.MAX_VALUE);
        if (sum != bytes) {
            throw new BadSnapshotException(
                    what + ": found " + sum + " bytes in files, expected " + bytes + " as in 'bytes'");
        }
        return files;
    }

    /** Chunks are full but for the last, so their lengths follow from that of the content. */
    List<ChunkPart> chunks() throws BadSnapshotException {
        long bytes = number("bytes", 0, Long.MAX_VALUE);
        JsonNode checksums = list("chunk_crc32c");
        int expected = SnapshotRecords.chunkCount(bytes);
        if (checksums.size() != expected) {
            throw new BadSnapshotException(what + ": found the checksums of " + checksums.size() + " chunks, expected "
                    + expected + " for " + bytes + " bytes in chunks of " + SnapshotRecords.MAX_CHUNK_BYTES);
        }
        List<ChunkPart> chunks = new ArrayList<>();
        for (int i = 0; i < expected; i++) {
            String crc = checksums.get(i).asText();
            if (!checksums.get(i).isTextual() || !CRC32C.matcher(crc).matches()) {
                throw missing("chunk_crc32c", "a list of eight lower-case hex digits each");
            }
            long left = bytes - (long) i * SnapshotRecords.MAX_CHUNK_BYTES;
            chunks.add(new ChunkPart(
                    (int) Math.min(left, SnapshotRecords.MAX_CHUNK_BYTES), Integer.parseUnsignedInt(crc, 16)));
        }
        return chunks;
    }

    private JsonNode list(String key) throws BadSnapshotException {
        JsonNode value = json.path(key);
        if (!value.isArray()) {
            throw missing(key, "a list");
        }
        return value;
    }

    private String string(JsonNode from, String key) throws BadSnapshotException {
        JsonNode value = from.path(key);
        if (!value.isTextual()) {
            throw missing(key, "text");
        }
        return value.asText();
    }

    private String matching(JsonNode from, String key, Pattern pattern) throws BadSnapshotException {
        String value = string(from, key);
        if (!pattern.matcher(value).matches()) {
            throw missing(key, "lower-case hex digits, " + pattern);
        }
        return value;
    }

    private long number(JsonNode from, String key, long min, long max) throws BadSnapshotException {
        JsonNode value = from.path(key);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < min || value.asLong() > max) {
            throw missing(key, "a whole number from " + min + " to " + max);
        }
        return value.asLong();
    }

    private BadSnapshotException missing(String key, String expected) {
        return new BadSnapshotException(what + ": '" + key + "' is missing or wrong, expected " + expected);
    }
}
