package freshet.jobs.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.config.FreshetConfig;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The configurations in {@code deploy} are the demo's, but for brokers and the format of events. */
class DeployedConfigurationTest {
    @ParameterizedTest
    @ValueSource(strings = {"compose/freshet.yaml", "kubernetes/base/freshet.yaml"})
    void isTheDemosButForBrokersAndFormats(String file) throws IOException {
        FreshetConfig.load(DeployFiles.DEPLOY.resolve(file));
        ObjectNode deployed = DeployFiles.document(file);
        deployed.remove("kafka");
        ((ObjectNode) deployed.path("events")).remove(List.of("impressions", "feedback", "histories"));

        assertThat(deployed).isEqualTo(DeployFiles.resource("freshet/demo.yaml"));
    }
}
