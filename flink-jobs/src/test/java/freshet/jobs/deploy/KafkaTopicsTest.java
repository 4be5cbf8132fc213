package freshet.jobs.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The topics that are written down for Strimzi are those that the configuration beside them needs. */
class KafkaTopicsTest {
    private static final int PARTITIONS = 32;

    @Test
    void areWhatTheConfigurationNeeds() throws IOException {
        FreshetConfig config = FreshetConfig.load(DeployFiles.DEPLOY.resolve("kubernetes/base/freshet.yaml"));
        Map<String, String> needed = new TreeMap<>();
        for (TopicPlan plan : TopicPlan.of(config.topics())) {
            int partitions = plan.spread() == TopicPlan.Spread.ONE ? 1 : PARTITIONS;
            needed.put(plan.name(), partitions + " partitions " + new TreeMap<>(plan.settings()));
        }
        Map<String, String> written = new TreeMap<>();
        for (JsonNode topic : DeployFiles.documents("kubernetes/base/topics.yaml")) {
            JsonNode spec = topic.path("spec");
            Map<String, String> settings = new TreeMap<>();
            spec.path("config")
                    .properties()
                    .forEach(setting ->
                            settings.put(setting.getKey(), setting.getValue().asText()));
            written.put(spec.path("topicName").asText(), spec.path("partitions").asInt() + " partitions " + settings);
        }
        assertThat(written).isEqualTo(needed);
    }
}
