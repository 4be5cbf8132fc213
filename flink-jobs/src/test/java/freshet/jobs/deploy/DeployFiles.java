package freshet.jobs.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Reads the files of {@code deploy} as trees. */
final class DeployFiles {
    static final Path DEPLOY = Path.of("..", "deploy");

    private static final ObjectMapper YAML = YAMLMapper.builder().build();

    private DeployFiles() {}

    /** Every document of a YAML file below {@code deploy}. */
    static List<JsonNode> documents(String file) throws IOException {
        try (MappingIterator<JsonNode> documents =
                YAML.readerFor(JsonNode.class).readValues(DEPLOY.resolve(file).toFile())) {
            return documents.readAll();
        }
    }

    /** The one document of a YAML file below {@code deploy}. */
    static ObjectNode document(String file) throws IOException {
        return (ObjectNode) YAML.readTree(Files.readString(DEPLOY.resolve(file)));
    }

    /** The compose file with its anchors and merge keys written out, which Jackson leaves as they are. */
    static JsonNode compose() throws IOException {
        String text = Files.readString(DEPLOY.resolve("compose/compose.yaml"));
        return YAML.valueToTree(new Yaml(new SafeConstructor(new LoaderOptions())).load(text));
    }

    /** A YAML resource of the class path. */
    static JsonNode resource(String name) throws IOException {
        try (InputStream in = DeployFiles.class.getClassLoader().getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("no resource " + name + " on the class path");
            }
            return YAML.readTree(in);
        }
    }

    /** RFC 7386, which is what kustomize does to resources whose lists it does not know. */
    static void merge(ObjectNode target, ObjectNode patch) {
        for (Map.Entry<String, JsonNode> entry : patch.properties()) {
            if (entry.getValue() instanceof ObjectNode inner && target.get(entry.getKey()) instanceof ObjectNode old) {
                merge(old, inner);
            } else {
                target.set(entry.getKey(), entry.getValue());
            }
        }
    }
}
