package freshet.jobs.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The FlinkDeployments are what the operator's custom resource definition allows, as they are and as overlays change them. */
class KubernetesTest {
    private static final String DEFINITION = "META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml";

    @ParameterizedTest
    @ValueSource(strings = {"examples", "train", "gate"})
    void deploymentsAreValid(String job) throws IOException {
        assertThat(problems(base(job))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"small,examples", "small,train", "small,gate", "large,examples", "large,train", "large,gate"})
    void overlaysKeepThemValid(String overlay, String job) throws IOException {
        ObjectNode patch = DeployFiles.document("kubernetes/overlays/" + overlay + "/" + job + ".yaml");
        ObjectNode deployment = base(job);

        assertThat(patch.path("metadata").path("name"))
                .isEqualTo(deployment.path("metadata").path("name"));
        DeployFiles.merge(deployment, patch);
        assertThat(problems(deployment)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"examples", "train", "gate"})
    void theJobsClassExists(String job) throws Exception {
        String entry = base(job).path("spec").path("job").path("entryClass").asText();

        assertThat(Class.forName(entry).getMethod("main", String[].class)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/spec/job/paralelism", "/spec/podTemplate/spec/containers/0/securtyContext"})
    void aMisspeltKeyIsSeen(String pointer) throws IOException {
        ObjectNode deployment = base("train");
        int slash = pointer.lastIndexOf('/');
        ((ObjectNode) deployment.at(pointer.substring(0, slash))).put(pointer.substring(slash + 1), 1);

        assertThat(problems(deployment)).isNotEmpty();
    }

    private static ObjectNode base(String job) throws IOException {
        return DeployFiles.document("kubernetes/base/" + job + ".yaml");
    }

    private static Set<ValidationMessage> problems(ObjectNode deployment) throws IOException {
        JsonNode spec = DeployFiles.resource(DEFINITION)
                .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec")
                .deepCopy();
        // The definition at hand is older than our Flink: of the version it knows only the names of its time.
        ((ObjectNode) spec.at("/properties/flinkVersion")).remove("enum");
        allowNothingElse(spec);
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4)
                .getSchema(spec)
                .validate(deployment.path("spec"));
    }

    /** Kubernetes drops keys that it does not know without a word; here they are mistakes. */
    private static void allowNothingElse(JsonNode schema) {
        if (schema instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.has("additionalProperties")
                && !object.has("x-kubernetes-preserve-unknown-fields")) {
            object.put("additionalProperties", false);
        }
        schema.forEach(KubernetesTest::allowNothingElse);
    }
}
