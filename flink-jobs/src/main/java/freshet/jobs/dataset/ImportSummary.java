package freshet.jobs.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an import read, wrote and assumed. It is printed, and written beside the events as {@value #FILE}, by which
 * {@code freshet replay} knows where the events came from.
 *
 * @param source the data set: {@code kuairand}
 * @param rows rows read, per option of the command
 * @param events events written, per kind of record and kind of feedback
 * @param notes other counts worth knowing, such as repeated rows; they are all still in the output
 * @param badRows rows left out
 * @param firstBadRows the first of those, with file, row and reason
 * @param rules what was assumed where the data set says nothing
 */
public record ImportSummary(
        String source,
        Map<String, Long> rows,
        Map<String, Long> events,
        Map<String, Long> notes,
        long badRows,
        List<String> firstBadRows,
        List<String> rules) {

    /** Name of the manifest in the folder of events. */
    public static final String FILE = "import.json";

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    public ImportSummary {
        // Kept in the order given: that is the order in which people read them.
        rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
        events = Collections.unmodifiableMap(new LinkedHashMap<>(events));
        notes = Collections.unmodifiableMap(new LinkedHashMap<>(notes));
        firstBadRows = List.copyOf(firstBadRows);
        rules = List.copyOf(rules);
    }

    /** Which importer made a folder of events, if one did. */
    public static Optional<String> sourceOf(Path eventsFolder) throws IOException {
        Path manifest = eventsFolder.resolve(FILE);
        if (!Files.exists(manifest)) {
            return Optional.empty();
        }
        JsonNode source = JSON.readTree(manifest.toFile()).path("source");
        return source.isTextual() ? Optional.of(source.asText()) : Optional.empty();
    }

    /** Writes {@value #FILE}; last, since a folder without it is one that was not finished. */
    public void write(Path eventsFolder) throws IOException {
        Files.writeString(eventsFolder.resolve(FILE), toJson() + "\n", StandardCharsets.UTF_8);
    }

    private String toJson() throws JsonProcessingException {
        ObjectNode root = JSON.createObjectNode();
        root.put("source", source);
        putCounts(root.putObject("rows"), rows);
        putCounts(root.putObject("events"), events);
        putCounts(root.putObject("notes"), notes);
        root.put("bad_rows", badRows);
        firstBadRows.forEach(root.putArray("first_bad_rows")::add);
        rules.forEach(root.putArray("rules")::add);
        // Jackson would end lines as the machine does.
        return JSON.writeValueAsString(root).replace(System.lineSeparator(), "\n");
    }

    private static void putCounts(ObjectNode node, Map<String, Long> counts) {
        counts.forEach((name, count) -> node.put(name, (long) count));
    }

    /** The summary as people read it, several lines without a last line end. */
    public String text() {
        StringBuilder text = new StringBuilder();
        appendCounts(text, "read", rows);
        appendCounts(text, "wrote", events);
        appendCounts(text, "noted", notes);
        text.append("bad rows ").append(badRows);
        firstBadRows.forEach(row -> text.append("\n  ").append(row));
        rules.forEach(rule -> text.append("\nrule: ").append(rule));
        return text.toString();
    }

    private static void appendCounts(StringBuilder text, String title, Map<String, Long> counts) {
        if (counts.isEmpty()) {
            return;
        }
        text.append(title);
        String separator = " ";
        for (Map.Entry<String, Long> entry : counts.entrySet()) {
            text.append(separator).append(entry.getKey()).append(' ').append(entry.getValue());
            separator = ", ";
        }
        text.append('\n');
    }
}
