package freshet.jobs.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.mocks.MockSplitEnumeratorContext;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TopicSourceTest {
    private static final KafkaPartitionSplit SPLIT = new KafkaPartitionSplit(new TopicPartition("histories", 0), 0, 92);

    private final MockSplitEnumeratorContext<KafkaPartitionSplit> context = new MockSplitEnumeratorContext<>(2);

    @AfterEach
    void close() throws Exception {
        context.close();
    }

    @Test
    void aReaderOfARestoredOneIsToldThatThereAreNoMoreSplits() throws Exception {
        register(bounded(), new KafkaSourceEnumState(List.of(SPLIT), List.of(), true));

        assertThat(context.hasNoMoreSplits(1)).isTrue();
        assertThat(context.hasNoMoreSplits(0)).as("it has not registered yet").isFalse();
    }

    @Test
    void oneThatDoesNotKnowItsPartitionsYetSaysSoLater() throws Exception {
        register(bounded(), new KafkaSourceEnumState(List.of(), List.of(), false));

        assertThat(context.hasNoMoreSplits(1)).isFalse();
    }

    @Test
    void aReaderOfOneWithoutAnEndIsToldNothing() throws Exception {
        register(TopicSource.of(builder().build()), new KafkaSourceEnumState(List.of(SPLIT), List.of(), true));

        assertThat(context.hasNoMoreSplits(1)).isFalse();
    }

    private void register(TopicSource<String> source, KafkaSourceEnumState checkpoint) throws Exception {
        SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restored =
                source.restoreEnumerator(context, checkpoint);
        context.registerReader(new ReaderInfo(1, "here"));
        restored.addReader(1);
    }

    private static TopicSource<String> bounded() {
        return TopicSource.of(builder().setBounded(OffsetsInitializer.latest()).build());
    }

    private static KafkaSourceBuilder<String> builder() {
        return KafkaSource.<String>builder()
                .setBootstrapServers("127.0.0.1:1")
                .setTopics("histories")
                .setValueOnlyDeserializer(new SimpleStringSchema());
    }
}
