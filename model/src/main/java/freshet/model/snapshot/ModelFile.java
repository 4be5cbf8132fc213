package freshet.model.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Checksums;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code model.json}: what the numbers in the other files mean. One JSON object: {@code tasks} and {@code model} as in the
 * configuration, {@code features} likewise (how a server extracts them), and {@code schema}: the names of the features by
 * slot. Immutable.
 *
 * @param spec the model
 * @param featuresJson the configuration's {@code features:} block as one line of JSON
 */
public record ModelFile(ModelSpec spec, String featuresJson) {

    /** The file's name in a snapshot. */
    public static final String NAME = "model.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    byte[] bytes() {
        ObjectNode root = JSON.createObjectNode();
        root.set("tasks", tasks());
        root.set("features", tree(featuresJson));
        root.set("schema", schema());
        root.set("model", tree(spec.json()));
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Differs when weights of one model mean nothing in the other. */
    String modelFingerprint() {
        return Checksums.sha256(tasks() + "\n" + tree(spec.json()) + "\n" + schema());
    }

    /** Differs when a server has to extract other features. */
    String featureFingerprint() {
        return Checksums.sha256(tree(featuresJson) + "\n" + schema());
    }

    private ArrayNode tasks() {
        ArrayNode tasks = JSON.createArrayNode();
        for (TaskSpec task : spec.tasks()) {
            tasks.add(tree(task.json()));
        }
        return tasks;
    }

    private ObjectNode schema() {
        ObjectNode schema = JSON.createObjectNode();
        ArrayNode ids = schema.putArray("ids");
        spec.schema().idNames().forEach(ids::add);
        ArrayNode numbers = schema.putArray("numbers");
        spec.schema().numberNames().forEach(numbers::add);
        return schema;
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "model file: found a specification that is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    static ModelFile parse(byte[] bytes) throws BadSnapshotException {
        JsonNode json;
        try {
            json = JSON.readTree(bytes);
        } catch (IOException e) {
            throw new BadSnapshotException(NAME + ": not JSON", e);
        }
        ConfigNode root = ConfigNode.root(NAME, json);
        FeatureSchema schema = new FeatureSchema(
                root.child("schema").strings("ids"), root.child("schema").strings("numbers"));
        List<TaskSpec> tasks = new ArrayList<>();
        for (ConfigNode task : root.children("tasks")) {
            tasks.add(TaskSpec.read(task));
            // The label's rule stands here too; it is the join's business.
            task.keys();
        }
        ModelSpec spec = ModelSpec.read(root.child("model"), tasks, schema);
        root.keys();
        List<String> problems = new ArrayList<>();
        try {
            root.check();
        } catch (ConfigException e) {
            problems.addAll(e.problems());
        }
        // A newer trainer may know more keys than this reader; what it does know has to be right.
        problems.removeIf(problem -> problem.contains(": not a known key"));
        if (!problems.isEmpty()) {
            throw new BadSnapshotException(NAME + ": " + String.join("; ", problems));
        }
        return new ModelFile(spec, json.path("features").toString());
    }
}
