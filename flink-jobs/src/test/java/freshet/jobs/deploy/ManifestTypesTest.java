package freshet.jobs.deploy;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import freshet.jobs.NodeProject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every manifest and the compose file are what those who read them publish: Kubernetes, Flink's operator and Strimzi as types,
 * checked by the TypeScript compiler, which knows keys that are not there; compose as a JSON Schema.
 */
@Tag("faults") // fetches packages of npm
class ManifestTypesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The npm package that has the types of a group of Kubernetes' API. */
    private static final Map<String, String> PACKAGES = Map.of(
            "flink.apache.org", "@kubernetes-models/flink",
            "kafka.strimzi.io", "@kubernetes-models/strimzi-kafka-operator",
            "networking.k8s.io", "kubernetes-models",
            "rbac.authorization.k8s.io", "kubernetes-models",
            "v1", "kubernetes-models");

    @TempDir
    static Path folder;

    private static NodeProject node;

    @BeforeAll
    static void install() throws Exception {
        node = NodeProject.install(
                Path.of("src/test/manifests"), List.of("package.json", "package-lock.json", "tsconfig.json"), folder);
    }

    @Test
    void everyManifestHasItsType() throws Exception {
        Map<String, JsonNode> manifests = manifests();
        assertThat(manifests.values().stream()
                        .map(manifest -> manifest.path("kind").asText()))
                .contains("FlinkDeployment", "KafkaTopic", "KafkaUser", "NetworkPolicy", "Role");

        assertThat(problems(manifests)).isEmpty();
    }

    @Test
    void aMisspeltKeyIsSeen() throws Exception {
        Map<String, JsonNode> manifests = new TreeMap<>();
        for (JsonNode manifest : manifests().values()) {
            manifests.putIfAbsent(manifest.path("kind").asText(), manifest);
        }
        misspell(manifests, "KafkaTopic", "/spec", "replica");
        misspell(manifests, "KafkaUser", "/spec/authorization/acls/0", "hosts");
        misspell(manifests, "NetworkPolicy", "/spec", "policyType");
        misspell(manifests, "FlinkDeployment", "/spec/podTemplate/spec/containers/0", "imagePullpolicy");

        assertThat(problems(manifests)).contains("'\"replica\"'", "'\"hosts\"'", "policyType", "imagePullpolicy");
    }

    private static void misspell(Map<String, JsonNode> manifests, String kind, String pointer, String key) {
        ((ObjectNode) requireNonNull(manifests.get(kind)).at(pointer)).put(key, "?");
    }

    @Test
    void theComposeFileIsOne() throws Exception {
        ObjectNode schema = (ObjectNode) JSON.readTree(folder.resolve("node_modules/dclint/schemas/compose.schema.json")
                .toFile());
        schema.remove("$id"); // not a URI

        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
                        .getSchema(schema)
                        .validate(DeployFiles.compose()))
                .isEmpty();
    }

    /** By a name that may be a file's: every manifest of the base, and those that overlays change as they make them. */
    private static Map<String, JsonNode> manifests() throws IOException {
        Map<String, JsonNode> manifests = new TreeMap<>();
        for (JsonNode file :
                DeployFiles.document("kubernetes/base/kustomization.yaml").path("resources")) {
            for (JsonNode manifest : DeployFiles.documents("kubernetes/base/" + file.asText())) {
                manifests.put("base-" + name(manifest), manifest);
            }
        }
        for (String overlay : List.of("small", "large")) {
            String of = "kubernetes/overlays/" + overlay + "/";
            for (JsonNode patch :
                    DeployFiles.document(of + "kustomization.yaml").path("patches")) {
                ObjectNode change = DeployFiles.document(of + patch.path("path").asText());
                ObjectNode manifest =
                        requireNonNull(manifests.get("base-" + name(change))).deepCopy();
                DeployFiles.merge(manifest, change);
                manifests.put(overlay + "-" + name(manifest), manifest);
            }
        }
        return manifests;
    }

    private static String name(JsonNode manifest) {
        return manifest.path("kind").asText() + "-"
                + manifest.at("/metadata/name").asText();
    }

    /** What the compiler says of manifests written as constants of their types; nothing if they are right. */
    private static String problems(Map<String, JsonNode> manifests) throws Exception {
        Path sources = Files.createDirectories(folder.resolve("manifests"));
        for (Map.Entry<String, JsonNode> entry : manifests.entrySet()) {
            ObjectNode manifest = entry.getValue().deepCopy();
            // The newest operator whose types are published knows Flink up to 2.2.
            if (manifest.path("spec") instanceof ObjectNode spec) {
                spec.remove("flinkVersion");
            }
            String api = manifest.path("apiVersion").asText();
            String kind = manifest.path("kind").asText();
            Files.writeString(sources.resolve(entry.getKey() + ".ts"), """
                    import type { I%2$s } from "%1$s/%2$s";
                    export const manifest: I%2$s = %3$s;
                    """.formatted(
                            PACKAGES.get(api.split("/")[0]) + "/" + api, kind, manifest.toPrettyString()));
        }
        return node.run("node", "node_modules/typescript/bin/tsc", "--project", ".")
                .output();
    }
}
