package freshet.jobs.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;

/**
 * The list {@code events.schemas}: Avro schemas that are not ours, each as a path to its file, from the folder of the
 * configuration, or as the schema itself. Files are read once, on the machine that submits the job, and travel with the
 * configuration: a TaskManager need not have them. Each must be complete, without references to another.
 */
final class SchemaFiles {
    static final String KEY = "schemas";

    private static final ObjectMapper JSON = new ObjectMapper();

    private SchemaFiles() {}

    /** Puts the contents of files in the place of their paths; other mistakes are for {@link #read}. */
    static void inline(JsonNode root, Path configuration) {
        if (!(root.path("events").path(KEY) instanceof ArrayNode list)) {
            return;
        }
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i).isTextual()) {
                Path file = configuration.resolveSibling(list.get(i).asText());
                try {
                    list.set(i, JSON.readTree(Files.readAllBytes(file)));
                } catch (IOException e) {
                    problems.add("events." + KEY + "[" + i + "]: cannot read " + file.toAbsolutePath()
                            + " as an Avro schema: " + e);
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(configuration.toString(), problems);
        }
    }

    /** The schemas; mistakes are noted in the node. */
    static List<Schema> read(ConfigNode events) {
        List<Schema> schemas = new ArrayList<>();
        if (!events.has(KEY)) {
            return schemas;
        }
        JsonNode list = events.json().get(KEY);
        if (!list.isArray()) {
            events.problem(KEY, "found no list, expected a list of files (.avsc)");
        }
        for (int i = 0; list.isArray() && i < list.size(); i++) {
            String at = KEY + "[" + i + "]";
            if (!(list.get(i) instanceof ObjectNode json)) {
                events.problem(at, "found " + list.get(i) + ", expected an Avro schema of a record");
                continue;
            }
            try {
                Schema schema = new Schema.Parser().parse(json.toString());
                if (schema.getType() == Schema.Type.RECORD) {
                    schemas.add(schema);
                } else {
                    events.problem(
                            at, "found the schema of a " + schema.getType().getName() + ", expected a record");
                }
            } catch (AvroRuntimeException e) {
                events.problem(at, "found no Avro schema (" + e.getMessage() + "), expected one of a record");
            }
        }
        return schemas;
    }
}
