package freshet.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import freshet.serde.config.ConfigException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FreshetConfigTest {

    @Test
    void theShippedConfigurationIsGood() {
        FreshetConfig config = FreshetConfig.shipped("kuairand");

        assertThat(config.name()).isEqualTo("kuairand");
        assertThat(config.events().maxDisorder()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.topics().deadLetters()).isEqualTo("freshet.dead_letters");
        assertThat(config.kafka().bootstrapServers()).isEqualTo("localhost:9092");
    }

    /** The reference names every key, and says of these that they are the defaults. */
    @Test
    void theReferenceIsGoodAndItsDefaultsAreTheDefaults() {
        FreshetConfig reference = FreshetConfig.shipped("reference");
        FreshetConfig minimal = FreshetConfig.parse("test.yaml", MINIMAL);

        assertThat(reference.events())
                .usingRecursiveComparison()
                .ignoringFields("impressions", "feedback", "impressionMapping")
                .isEqualTo(minimal.events());
        assertThat(reference.events().impressionMapping()).isNotNull();
        assertThat(reference.topics()).isEqualTo(minimal.topics());
        assertThat(reference.join().limits()).isEqualTo(minimal.join().limits());
        assertThat(reference.userFeatures()).isEqualTo(minimal.userFeatures());
        assertThat(reference.hotUserBytes()).isEqualTo(minimal.hotUserBytes());
        assertThat(reference.snapshots().every()).isEqualTo(minimal.snapshots().every());
        assertThat(reference.snapshots().deltaEvery())
                .isEqualTo(minimal.snapshots().deltaEvery());
        assertThat(reference.snapshots().asServed())
                .isEqualTo(minimal.snapshots().asServed());
        assertThat(reference.kafka().forConsumers()).containsEntry("config.providers", "env,dir");
    }

    @Test
    void anOperatorThatGetsTheJsonRebuildsTheSameConfiguration() {
        FreshetConfig config = FreshetConfig.shipped("kuairand");

        assertThat(FreshetConfig.fromJson(config.json())).isEqualTo(config);
    }

    @Test
    void everythingOfAStreamCanBeSet() {
        FreshetConfig config = FreshetConfig.parse("test.yaml", MINIMAL + """
                        events:
                          max_disorder: 5s
                          feedback_wait: 6s
                          duplicate_window: 7s
                          max_future: 11s
                          idle_timeout: 8s
                          alignment: {max_drift: 9s, every: 10ms}
                          impressions: {format: json}
                          feedback: {format: confluent}
                          histories: {format: avro}
                        topics:
                          {impressions: a, feedback: b, histories: c, examples: d, dead_letters: e, late: f, snapshots: g, model_deltas: i, model_registry: j, trainer_control: l, user_features: h, video_features: k}
                        user_features: {written: false, every: 3s}
                        schema_registry: {url: "http://registry:8081", user: freshet, password_env: REGISTRY_PASSWORD}
                        """);

        assertThat(config.events())
                .isEqualTo(new EventsConfig(
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(11),
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(7),
                        Duration.ofSeconds(8),
                        Duration.ofSeconds(9),
                        Duration.ofMillis(10),
                        WireFormat.JSON,
                        WireFormat.CONFLUENT,
                        WireFormat.AVRO,
                        List.of(),
                        null,
                        null));
        assertThat(config.schemaRegistry())
                .isEqualTo(new SchemaRegistryConfig("http://registry:8081", "freshet", "REGISTRY_PASSWORD"));
        assertThat(config.topics().all()).containsExactly("a", "b", "c", "d", "e", "f", "g", "i", "j", "l", "h", "k");
        assertThat(config.topicsInUse()).containsExactly("a", "b", "c", "d", "e", "f", "g", "i", "j", "l");
        assertThat(config.userFeatures()).isEqualTo(new UserFeaturesConfig(false, Duration.ofSeconds(3)));
    }

    @Test
    void allMistakesAreReportedAtOnceWithPathFoundAndAllowed() {
        ConfigException mistakes =
                catchThrowableOfType(ConfigException.class, () -> FreshetConfig.parse("test.yaml", """
                        name: Not A Name
                        events:
                          max_disorder: soon
                          impressions: {format: xml}
                          feedback: {format: confluent}
                        topics:
                          impressions: events
                          feedback: events
                        kafka:
                          interceptor.classes: evil.Class
                        snapshots: {every: 30m, delta_every: 90s, signing: {key_id: "a/b"}}
                        snapshot: {}
                        """));

        assertThat(mistakes)
                .hasMessageContaining("test.yaml")
                .hasMessageContaining("name: found 'Not A Name', expected")
                .hasMessageContaining("events.max_disorder: found 'soon', expected a span of time")
                .hasMessageContaining("events.impressions.format: found 'xml', expected one of avro, confluent, json")
                .hasMessageContaining("schema_registry.url: missing; expected an address")
                .hasMessageContaining("topics.feedback: found 'events', which is also topics.impressions")
                .hasMessageContaining("kafka.interceptor.classes: not a client property that may be passed through")
                .hasMessageContaining("snapshots.delta_every: found 'PT1M30S', expected a multiple of model.tick")
                .hasMessageContaining("snapshots.signing.key_id: found 'a/b', expected 1 to 64")
                .hasMessageContaining("snapshots.signing.key_file: missing")
                .hasMessageContaining("snapshots.every: found 'PT30M', expected 1h")
                .hasMessageContaining("snapshot: not a known key; allowed here:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "- a", "a: b: c", "name: x\nname: y", "{"})
    void aTextThatIsNoConfigurationIsOneMistakeAndNoStackTrace(String yaml) {
        assertThatThrownBy(() -> FreshetConfig.parse("test.yaml", yaml))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("test.yaml");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ssl.keystore.password | changeit",
                "sasl.jaas.config | org.apache.kafka.common.security.plain.PlainLoginModule required password=\"x\";",
                "sasl.jaas.config | com.sun.security.auth.module.JndiLoginModule required p=\"${env:P}\";",
                "config.providers | file",
                "sasl.oauthbearer.token.endpoint.url | file:///etc/passwd",
            })
    void aPropertyThatLeaksASecretOrReachesTooFarIsRefused(String key, String value) {
        assertThatThrownBy(() -> FreshetConfig.parse("test.yaml", MINIMAL + "kafka:\n  " + key + ": '" + value + "'\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("kafka." + key);
    }

    @Test
    void secretsStayReferencesThatTheClientResolves() {
        KafkaConfig kafka = FreshetConfig.parse("test.yaml", MINIMAL + """
                                kafka:
                                  bootstrap.servers: broker:9093
                                  ssl.keystore.password: ${env:KEYSTORE_PASSWORD}
                                  fetch.min.bytes: 1024
                                  linger.ms: 20
                                """).kafka();

        assertThat(kafka.forConsumers())
                .containsEntry("bootstrap.servers", "broker:9093")
                .containsEntry("ssl.keystore.password", "${env:KEYSTORE_PASSWORD}")
                .containsEntry("config.providers", "env,dir")
                .containsEntry("fetch.min.bytes", "1024")
                .doesNotContainKey("linger.ms");
        assertThat(kafka.forProducers()).containsEntry("linger.ms", "20").doesNotContainKey("fetch.min.bytes");
        assertThat(kafka.forAdmins()).doesNotContainKeys("linger.ms", "fetch.min.bytes");
    }

    @Test
    void brokersCanBeReplaced() {
        FreshetConfig config = FreshetConfig.shipped("kuairand").withBootstrapServers("localhost:1234");

        assertThat(config.kafka().bootstrapServers()).isEqualTo("localhost:1234");
        assertThat(FreshetConfig.fromJson(config.json()).kafka().bootstrapServers())
                .isEqualTo("localhost:1234");
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> FreshetConfig.load(Path.of("no-such.yaml")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("no-such.yaml");
    }

    private static final String MINIMAL = """
            name: test
            tasks: [{name: click, label: {kind: click}, horizon: 1m}]
            features: {ids: [{name: video, field: video_id}]}
            model: {embeddings: [{feature: video, dim: 2}], bottom: [2], tower: [2]}
            """;
}
