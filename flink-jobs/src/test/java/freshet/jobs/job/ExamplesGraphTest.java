package freshet.jobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.source.EventSources;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesGraphTest {
    private static final int LONGEST_NAME = 40;

    @TempDir
    Path folder;

    private StreamExecutionEnvironment env;
    private StreamGraph graph;

    @BeforeEach
    void build() throws Exception {
        new ViewerEvents(1, 1, 1).write(folder, 1);
        env = StreamExecutionEnvironment.getExecutionEnvironment();
        env.setParallelism(2);
        JobSettings.apply(env);
        FreshetConfig config = ViewerEvents.config();
        ExamplesGraph examples =
                ExamplesGraph.build(config, EventSources.files(env, config, folder), EventSources.Until.CURRENT_END);
        examples.examples().sinkTo(new DiscardingSink<>()).uid("sink").name("Sink");
        graph = env.getStreamGraph();
    }

    @Test
    void everyOperatorHasAnIdANameThatFitsAndADescription() {
        assertThat(ours()).isNotEmpty().allSatisfy(node -> {
            assertThat(node.getTransformationUID()).matches("[a-z][a-z-]*");
            assertThat(node.getOperatorName()).hasSizeLessThan(LONGEST_NAME);
            assertThat(node.getOperatorDescription()).isNotEqualTo(node.getOperatorName());
        });
    }

    /** A savepoint finds its state by these; a change of one is a change of the format. */
    @Test
    void idsAreThoseThatSavepointsKnow() {
        assertThat(ours())
                .extracting(StreamNode::getTransformationUID)
                .containsExactlyInAnyOrder("replay-source", "set-aside-replay", "as-bytes-set-aside-replay", "join");
    }

    @Test
    void noValueGoesThroughKryoAndNoOperatorGetsAnIdByAccident() {
        assertThat(env.getConfiguration().get(PipelineOptions.GENERIC_TYPES)).isFalse();
        assertThat(env.getConfiguration().get(PipelineOptions.AUTO_GENERATE_UIDS))
                .isFalse();
        for (Transformation<?> transformation : env.getTransformations()) {
            assertThat(transformation.getTransitivePredecessors())
                    .allSatisfy(
                            each -> assertThat(each.getOutputType().getClass().getSimpleName())
                                    .isNotEqualTo("GenericTypeInfo"));
        }
    }

    @Test
    void keyGroupsAreFixed() {
        StreamNode join = ours().stream()
                .filter(node -> OperatorIds.JOIN.equals(node.getTransformationUID()))
                .findFirst()
                .orElseThrow();

        assertThat(graph.getExecutionConfig().getMaxParallelism()).isEqualTo(JobSettings.KEY_GROUPS);
        assertThat(join.getMaxParallelism()).isIn(-1, JobSettings.KEY_GROUPS);
    }

    private List<StreamNode> ours() {
        return graph.getStreamNodes().stream()
                .filter(node -> !node.getOperatorName().startsWith("Sink"))
                .toList();
    }
}
