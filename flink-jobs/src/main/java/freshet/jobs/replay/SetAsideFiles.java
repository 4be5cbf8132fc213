package freshet.jobs.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.sink.SetAsideRecord;
import freshet.serde.wire.DeadLetterHeaders;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;

/**
 * What a replay set aside: {@code dead_letters.jsonl}, {@code late.jsonl} and {@code orphans.jsonl}, a record a line. While
 * the replay runs, lines are appended as they come, to files that can be cut back to a checkpoint; {@link #complete} puts them
 * in order: by place for a record that was no event, by event time for an event, then by the line. Not thread-safe.
 */
final class SetAsideFiles implements Closeable {
    static final String DEAD_LETTERS = "dead_letters.jsonl";
    static final String LATE = "late.jsonl";
    static final String ORPHANS = "orphans.jsonl";

    /** In the order of a checkpoint's lengths. */
    static final List<String> NAMES = List.of(DEAD_LETTERS, LATE, ORPHANS);

    private static final Comparator<JsonNode> BY_PLACE_THEN_TIME = Comparator.<JsonNode, String>comparing(
                    line -> line.path("topic").asText())
            .thenComparingInt(line -> line.path("partition").asInt())
            .thenComparingLong(line -> line.path("offset").asLong())
            .thenComparingLong(line -> line.path("event_time").asLong());

    private final List<AppendFile> files = new ArrayList<>();

    /**
     * Opens the files and cuts off what was written after a checkpoint.
     *
     * @param folder made where it is missing
     * @param lengths as {@link #flush} gave them; empty for a new replay
     */
    SetAsideFiles(Path folder, List<Long> lengths) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < NAMES.size(); i++) {
            files.add(AppendFile.open(unordered(folder, NAMES.get(i)), lengths.isEmpty() ? 0 : lengths.get(i)));
        }
    }

    /** Where the lines of a file are until the replay has ended. */
    static Path unordered(Path folder, String name) {
        return folder.resolve(name + ".part");
    }

    /** Appends a record to the file that it has as its topic. */
    void write(SetAsideRecord record) throws IOException {
        files.get(NAMES.indexOf(record.topic())).line(JsonFile.line(json(record)));
    }

    private static ObjectNode json(SetAsideRecord record) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        SortedMap<String, byte[]> headers = record.headers();
        if (headers.containsKey(DeadLetterHeaders.TOPIC)) {
            json.put("topic", text(headers, DeadLetterHeaders.TOPIC));
            json.put("partition", number(headers, DeadLetterHeaders.PARTITION));
            json.put("offset", number(headers, DeadLetterHeaders.OFFSET));
        } else {
            json.put("stream", text(headers, SetAsideRecord.STREAM));
            json.put("event_time", number(headers, SetAsideRecord.EVENT_TIME));
        }
        json.put("reason", text(headers, DeadLetterHeaders.REASON));
        json.put("detail", text(headers, DeadLetterHeaders.DETAIL));
        if (headers.containsKey(SetAsideRecord.WHOLE_LENGTH)) {
            json.put("whole_length", number(headers, SetAsideRecord.WHOLE_LENGTH));
        }
        try {
            json.put(
                    "raw",
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(record.value()))
                            .toString());
        } catch (CharacterCodingException e) {
            json.put("raw_base64", Base64.getEncoder().encodeToString(record.value()));
        }
        return json;
    }

    private static String text(SortedMap<String, byte[]> headers, String name) {
        return new String(headers.get(name), StandardCharsets.UTF_8);
    }

    private static long number(SortedMap<String, byte[]> headers, String name) {
        return Long.parseLong(text(headers, name));
    }

    /** Puts every line on the disk; the lengths in bytes then. */
    List<Long> flush() throws IOException {
        List<Long> lengths = new ArrayList<>();
        for (AppendFile file : files) {
            lengths.add(file.flush());
        }
        return lengths;
    }

    /**
     * Writes the files in their order when the replay has ended; all lines of one are in memory meanwhile.
     *
     * @return by file, without its suffix: how many records it holds
     */
    static ObjectNode complete(Path folder) throws IOException {
        ObjectNode counts = JsonNodeFactory.instance.objectNode();
        for (String name : NAMES) {
            Path unordered = unordered(folder, name);
            record Line(String text, JsonNode json) {}
            List<Line> lines = new ArrayList<>();
            for (String text : Files.readAllLines(unordered)) {
                ObjectNode json = (ObjectNode) JsonFile.parse(text);
                lines.add(new Line(text, json.retain("topic", "partition", "offset", "event_time")));
            }
            lines.sort(Comparator.comparing(Line::json, BY_PLACE_THEN_TIME).thenComparing(Line::text));
            Files.write(folder.resolve(name), lines.stream().map(Line::text).toList());
            Files.delete(unordered);
            counts.put(name.substring(0, name.indexOf('.')), lines.size());
        }
        return counts;
    }

    @Override
    public void close() throws IOException {
        for (AppendFile file : files) {
            file.close();
        }
    }
}
