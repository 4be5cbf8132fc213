package freshet.jobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.Collected;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.JoinReference;
import freshet.jobs.source.EventSources;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.view.ReferenceViews;
import freshet.serde.event.Event;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.LabeledExample;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The graph with views in it, on RocksDB with checkpoints, against all events at once. */
class ViewsFromFilesTest {
    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(2)
            .build());

    private static final FreshetConfig CONFIG = ReferenceViews.config();

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"1, 5", "2, 6"})
    void anyParallelismAndArrivalGiveTheSameExamples(int parallelism, long arrivalSeed) throws Exception {
        ViewerEvents viewers = new ViewerEvents(61, 20, 1500);
        viewers.write(folder.resolve("events"), arrivalSeed);
        Configuration settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "50ms");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        env.setParallelism(parallelism);
        JobSettings.apply(env);
        ExamplesGraph graph = ExamplesGraph.build(
                CONFIG, EventSources.files(env, CONFIG, folder.resolve("events")), Until.CURRENT_END);
        Collected<ExampleMessage> messages = new Collected<>(graph.examples(), "examples");
        Collected<Event> late = new Collected<>(graph.late(), "late");
        env.execute();

        List<LabeledExample> examples = messages.values().stream()
                .filter(LabeledExample.class::isInstance)
                .map(LabeledExample.class::cast)
                .sorted(LabeledExample.ORDER)
                .distinct()
                .toList();
        assertThat(late.values()).isEmpty();
        assertThat(examples)
                .isEqualTo(new JoinReference(CONFIG, ReferenceViews.enriched(viewers.events())).examples())
                .isNotEmpty();
    }
}
