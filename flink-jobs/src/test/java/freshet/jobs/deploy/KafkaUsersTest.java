package freshet.jobs.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import java.io.IOException;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each job's login may do what the job does with topics, and no more. */
class KafkaUsersTest {
    @ParameterizedTest
    @ValueSource(strings = {"examples", "train", "gate"})
    void maysAreNeeds(String job) throws IOException {
        FreshetConfig config = FreshetConfig.load(DeployFiles.DEPLOY.resolve("kubernetes/base/freshet.yaml"));
        JobTopics needed = switch (job) {
            case "examples" -> JobTopics.ofExamples(config);
            case "train" -> JobTopics.ofTrain(config);
            default -> JobTopics.ofGate(config);
        };
        JobTopics permitted = permitted("freshet-" + job);
        assertThat(new TreeSet<>(permitted.reads())).isEqualTo(new TreeSet<>(needed.reads()));
        assertThat(new TreeSet<>(permitted.writes())).containsAll(needed.writes());
    }

    private static JobTopics permitted(String user) throws IOException {
        TreeSet<String> reads = new TreeSet<>();
        TreeSet<String> writes = new TreeSet<>();
        for (JsonNode document : DeployFiles.documents("kubernetes/base/users.yaml")) {
            if (document.at("/metadata/name").asText().equals(user)) {
                for (JsonNode acl : document.at("/spec/authorization/acls")) {
                    if (acl.at("/resource/type").asText().equals("topic")) {
                        String topic = acl.at("/resource/name").asText();
                        for (JsonNode operation : acl.path("operations")) {
                            if (operation.asText().equals("Read")) {
                                reads.add(topic);
                            } else if (operation.asText().equals("Write")) {
                                writes.add(topic);
                            }
                        }
                    }
                }
            }
        }
        return new JobTopics(reads.stream().toList(), writes.stream().toList());
    }
}
