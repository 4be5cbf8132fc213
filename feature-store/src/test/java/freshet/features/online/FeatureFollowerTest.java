package freshet.features.online;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.history.UserHistory;
import freshet.serde.feature.FeatureState;
import freshet.serde.feature.FeatureState.Key;
import freshet.serde.wire.FeatureStateCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With Kafka's own mock; with a broker it is tested beside the job that writes. */
class FeatureFollowerTest {
    private static final String TOPIC = "user_features";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final byte[] HISTORY = new UserHistory().encode();

    @TempDir
    Path folder;

    private OnlineStore store;
    private MockConsumer<byte[], byte[]> consumer;

    @BeforeEach
    void open() {
        store = OnlineStore.open(folder);
        consumer = consumer();
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static MockConsumer<byte[], byte[]> consumer() {
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
        consumer.updatePartitions(TOPIC, List.of(new PartitionInfo(TOPIC, 0, Node.noNode(), null, null)));
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        return consumer;
    }

    private FeatureFollower follower() {
        return new FeatureFollower(consumer, List.of(TOPIC), store);
    }

    private void add(long offset, String user, byte @Nullable [] value) {
        consumer.addRecord(new ConsumerRecord<>(TOPIC, 0, offset, FeatureStateCodec.encodeKey(Key.user(user)), value));
        consumer.updateEndOffsets(Map.of(PARTITION, offset + 1));
    }

    private static byte[] state(String user, long asOfMillis, byte[] history) {
        return new FeatureStateCodec().encode(new FeatureState(Key.user(user), asOfMillis, history));
    }

    private long asOfMillis(String user) {
        FeatureState state = store.find(Key.user(user));
        assertThat(state).isNotNull();
        return state == null ? 0 : state.asOfMillis();
    }

    @Test
    void storesWhatComesAndSaysHowItGoes() {
        FeatureFollower follower = follower();
        follower.step(); // the mock takes records only for partitions that somebody reads
        add(0, "u", state("u", 10, HISTORY));
        add(1, "v", state("v", 30, HISTORY));
        add(2, "u", state("u", 20, HISTORY));
        add(3, "u", state("u", 15, HISTORY));
        follower.step();

        assertThat(asOfMillis("u")).isEqualTo(20);
        assertThat(asOfMillis("v")).isEqualTo(30);
        assertThat(store.offsets()).isEqualTo(Map.of(new OnlineStore.Partition(TOPIC, 0), 4L));
        assertThat(follower.status().applied()).isEqualTo(new OnlineStore.Applied(3, 0, 1));
        assertThat(follower.status().newestAsOfMillis()).hasValue(30);
        assertThat(follower.status().behind()).hasValue(0);

        add(4, "u", null);
        follower.step();
        assertThat(store.find(Key.user("u"))).isNull();
        assertThat(follower.status().applied().forgotten()).isEqualTo(1);
        assertThat(follower.status().lastProblem()).isEmpty();
    }

    @Test
    void aRestartGoesOnBehindTheLastRecordStored() {
        FeatureFollower first = follower();
        first.step();
        add(0, "u", state("u", 10, HISTORY));
        first.step();
        first.close();

        consumer = consumer();
        FeatureFollower second = follower();
        second.step();
        assertThat(consumer.position(PARTITION)).isEqualTo(1);
    }

    @Test
    void whatCannotBeReadIsCountedAndLeavesWhatWasThere() {
        FeatureFollower follower = follower();
        follower.step();
        byte[] newer = HISTORY.clone();
        newer[0] = 99;
        add(0, "u", state("u", 10, HISTORY));
        add(1, "u", state("u", 20, newer));
        add(2, "u", "noise".getBytes(StandardCharsets.UTF_8));
        consumer.addRecord(new ConsumerRecord<>(TOPIC, 0, 3, new byte[] {1}, null));
        follower.step();

        assertThat(asOfMillis("u")).isEqualTo(10);
        assertThat(follower.status().refused()).isEqualTo(3);
        assertThat(follower.status().lastProblem())
                .hasValueSatisfying(problem -> assertThat(problem).contains("user_features/0@3", "expected user/"));
        assertThat(store.offsets()).containsEntry(new OnlineStore.Partition(TOPIC, 0), 4L);
    }

    @Test
    void aFailureIsTriedAgainOnItsThread() throws Exception {
        try (FeatureFollower follower = follower()) {
            consumer.schedulePollTask(() -> consumer.setPollException(new KafkaException("no broker")));
            consumer.schedulePollTask(() -> {});
            follower.start();
            Awaitility.await().until(() -> follower.status().lastProblem().isPresent());
            assertThat(follower.status().lastProblem())
                    .hasValueSatisfying(problem -> assertThat(problem).contains("no broker", "trying again"));
            assertThat(follower.awaitCaughtUp(Duration.ofSeconds(30))).isTrue();
        }
        assertThat(consumer.closed()).isTrue();
    }
}
