package freshet.jobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.extract.FeatureExtractor;
import freshet.features.history.UserHistory;
import freshet.features.online.FeatureFollower;
import freshet.features.online.FeatureSkew;
import freshet.features.online.OnlineFeatures;
import freshet.features.online.OnlineStore;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.join.JoinReference;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.source.EventSources;
import freshet.jobs.source.ReplayToKafka;
import freshet.jobs.view.ReferenceViews;
import freshet.serde.event.Event;
import freshet.serde.event.Impression;
import freshet.serde.feature.FeatureState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The examples job writes for servers, and a server's store follows, through a broker. */
class OnlineFeaturesOverKafkaTest {
    private static final int PARTITIONS = 2;

    @RegisterExtension
    static final MiniClusterExtension CLUSTER = new MiniClusterExtension(new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(PARTITIONS)
            .build());

    @TempDir
    static Path folder;

    @Test
    void aServerKnowsEveryViewerAsTheJobDoesAndGoesOnAfterARestart() throws Exception {
        ViewerEvents viewers = new ViewerEvents(71, 20, 1000);
        viewers.write(folder.resolve("events"), 3);
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"))) {
            FreshetConfig config =
                    ReferenceViews.config().withJsonEvents().withBootstrapServers(kafka.bootstrapServers());
            TopicPlan.of(config.topics()).forEach(plan -> kafka.createTopic(plan.name(), PARTITIONS, plan.settings()));
            ReplayToKafka.send(folder.resolve("events"), config);
            StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
            env.setParallelism(PARTITIONS);
            ExamplesJob.build(env, config, EventSources.Until.CURRENT_END);
            env.execute(ExamplesJob.name(config));

            SortedMap<String, UserHistory> expected =
                    new JoinReference(config, ReferenceViews.enriched(viewers.events())).histories();
            String topic = config.topics().userFeatures();
            assertThat(kafka.recordCount(topic)).isGreaterThan(expected.size());
            try (OnlineStore store = OnlineStore.open(folder.resolve("store"))) {
                try (FeatureFollower follower =
                        FeatureFollower.connect(config.kafka().forConsumers(), withOneToCome(config), store)) {
                    follower.start();
                    assertThat(follower.awaitCaughtUp(Duration.ofMinutes(1))).isTrue();
                    Awaitility.await().until(() -> follower.status().behind().orElse(1) == 0);
                    assertThat(follower.status().refused()).isZero();
                }
                assertSameHistories(store, expected);
                assertSameFeatures(new FeatureExtractor(config.features()), store, viewers.events(), expected);
            }
            long stored =
                    kafka.recordCount(topic) + kafka.recordCount(config.topics().videoFeatures());
            try (OnlineStore store = OnlineStore.open(folder.resolve("store"))) {
                assertThat(store.offsets().values().stream()
                                .mapToLong(offset -> offset)
                                .sum())
                        .isEqualTo(stored);
                try (FeatureFollower again =
                        FeatureFollower.connect(config.kafka().forConsumers(), config.featureTopics(), store)) {
                    again.start();
                    assertThat(again.awaitCaughtUp(Duration.ofMinutes(1))).isTrue();
                    assertThat(again.status().applied()).isEqualTo(new OnlineStore.Applied(0, 0, 0));
                }
            }
        }
    }

    private static void assertSameHistories(OnlineStore store, SortedMap<String, UserHistory> expected) {
        expected.forEach((user, history) -> {
            FeatureState state = store.find(FeatureState.Key.user(user));
            assertThat(state).isNotNull();
            assertThat(state != null && Arrays.equals(state.state(), history.encode()))
                    .as(user)
                    .isTrue();
        });
    }

    private static List<String> withOneToCome(FreshetConfig config) {
        return Stream.concat(config.featureTopics().stream(), Stream.of("not-there-yet"))
                .toList();
    }

    /** Of the next impression of every viewer, of each video, among which some have not expired. */
    private static void assertSameFeatures(
            FeatureExtractor extractor,
            OnlineStore store,
            List<Event> events,
            SortedMap<String, UserHistory> expected) {
        FeatureSkew skew = new FeatureSkew(extractor.schema());
        FeatureSkew withoutViews = new FeatureSkew(extractor.schema());
        OnlineFeatures server = new OnlineFeatures(extractor, store);
        OnlineFeatures blind =
                new OnlineFeatures(extractor, key -> key.scope() == FeatureState.Scope.USER ? store.find(key) : null);
        long now = events.stream().mapToLong(Event::eventTimeMillis).max().orElseThrow() + 1;
        List<Event> withNext = new ArrayList<>(events);
        int video = 0;
        for (String user : expected.keySet()) {
            withNext.add(Impression.builder("next" + user, user, "v" + video, now)
                    .channelId("c" + video++ % 5)
                    .build());
        }
        for (int i = events.size(); i < withNext.size(); i++) {
            Impression next = (Impression) withNext.get(i);
            List<Event> withThis = new ArrayList<>(events);
            withThis.add(next);
            Impression enriched = (Impression) ReferenceViews.enriched(withThis).get(events.size());
            UserHistory history = expected.getOrDefault(next.userId(), new UserHistory());
            skew.add(server.of(next), extractor.extract(enriched, history));
            withoutViews.add(blind.of(next), extractor.extract(enriched, history));
        }
        assertThat(skew.compared()).isEqualTo(20);
        assertThat(skew.differing()).as(skew.toString()).isZero();
        assertThat(withoutViews.differing()).as("views say something here").isPositive();
    }
}
