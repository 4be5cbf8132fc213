package freshet.jobs.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import freshet.features.extract.ViewExtractor;
import freshet.features.spec.FeatureSpec;
import freshet.jobs.gate.GateSpec;
import freshet.jobs.guard.GuardSpec;
import freshet.jobs.join.JoinSpec;
import freshet.model.eval.MetricsSpec;
import freshet.model.serve.FusionProfiles;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.AskedKey;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import freshet.serde.snapshot.KeyFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Everything that one YAML file says, checked. The grammar by example: {@code freshet/reference.yaml} on the class path for
 * events, topics and brokers, {@code freshet/kuairand.yaml} for tasks, features and model.
 *
 * @param name of the deployment: part of consumer groups, client ids and uids of Kafka
 * @param events how events arrive
 * @param join how feedback becomes labels
 * @param hotUserBytes what the users that each join task keeps in memory in front of its state may take of the heap, roughly
 * @param guard when the trainer stops learning
 * @param gate when a snapshot is good enough to serve
 * @param features what is computed of an impression and its viewer's history
 * @param model what is learnt, and its tasks
 * @param cachedRows how many rows of each table of the model the trainer keeps in memory in front of its state; 0: all
 * @param metrics what is measured beyond the basic metrics
 * @param fusion the scores that servers order candidates by
 * @param topics names of Kafka topics
 * @param userFeatures what is written for servers
 * @param kafka properties of Kafka's clients
 * @param schemaRegistry where schemas of Confluent's wire format are looked up
 * @param snapshots how models are handed to servers
 * @param json the whole file as one JSON text; {@link #fromJson} makes this record again from it
 */
public record FreshetConfig(
        String name,
        EventsConfig events,
        JoinSpec join,
        long hotUserBytes,
        GuardSpec guard,
        GateSpec gate,
        FeatureSpec features,
        ModelSpec model,
        int cachedRows,
        MetricsSpec metrics,
        FusionProfiles fusion,
        TopicsConfig topics,
        UserFeaturesConfig userFeatures,
        KafkaConfig kafka,
        SchemaRegistryConfig schemaRegistry,
        SnapshotsConfig snapshots,
        String json) {

    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private static final double DEFAULT_HOT_MEBIBYTES = 256;
    private static final int MEBIBYTE = 1 << 20;
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,39}");

    /**
     * Reads and checks a file.
     *
     * @throws ConfigException naming every mistake in it
     * @throws UncheckedIOException when the file cannot be read
     */
    public static FreshetConfig load(Path file) {
        try {
            JsonNode tree = tree(YAML, file.toString(), Files.readString(file));
            SchemaFiles.inline(tree, file);
            return read(file.toString(), tree);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "reading the configuration: cannot read " + file.toAbsolutePath() + ": " + e, e);
        }
    }

    /**
     * Reads and checks a configuration that ships with Freshet.
     *
     * @param name such as {@code kuairand}, for the resource {@code freshet/kuairand.yaml}
     */
    public static FreshetConfig shipped(String name) {
        String resource = "freshet/" + name + ".yaml";
        try (InputStream in = FreshetConfig.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalArgumentException("reading the configuration: found no resource " + resource
                        + " on the class path; expected the name of a configuration that ships with Freshet");
            }
            return parse(resource, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("reading the configuration: cannot read the resource " + resource, e);
        }
    }

    /**
     * Checks a YAML text.
     *
     * @param source what messages call it: usually the file's name
     * @throws ConfigException naming every mistake in it
     */
    public static FreshetConfig parse(String source, String yaml) {
        return read(source, tree(YAML, source, yaml));
    }

    /** The record whose {@link #json()} this is. */
    public static FreshetConfig fromJson(String json) {
        String source = "of the running job";
        return read(source, tree(JSON, source, json));
    }

    /** The block {@code features} as one line of JSON, for servers: how each feature is computed. */
    public String featuresJson() {
        return featuresBlock().toString();
    }

    /** The block {@code features} as it was written. */
    public JsonNode featuresBlock() {
        return tree(JSON, name, json).path("features");
    }

    /** The topics that must exist, in the order of {@link TopicsConfig}. */
    public List<String> topicsInUse() {
        Set<String> ofFeatures = Set.of(topics.userFeatures(), topics.videoFeatures());
        List<String> written = featureTopics();
        return topics.all().stream()
                .filter(topic -> !ofFeatures.contains(topic) || written.contains(topic))
                .toList();
    }

    /** The topics of what servers are told; none where nothing is written for them. */
    public List<String> featureTopics() {
        if (!userFeatures.isWritten()) {
            return List.of();
        }
        return ViewExtractor.of(features).isEmpty()
                ? List.of(topics.userFeatures())
                : List.of(topics.userFeatures(), topics.videoFeatures());
    }

    /** The same configuration with every stream of events written as JSON, as when a replay puts its lines into topics. */
    public FreshetConfig withJsonEvents() {
        ObjectNode root = (ObjectNode) tree(JSON, name, json);
        for (String stream : List.of("impressions", "feedback", "histories")) {
            ObjectNode one = root.withObjectProperty("events").withObjectProperty(stream);
            one.put("format", "json");
            one.remove("mapping"); // the lines are of our own schema
        }
        return read(name, root);
    }

    /** The same configuration for a replay: nothing leaves by deltas, and each example is scored as it was served. */
    public FreshetConfig forReplay() {
        ObjectNode root = (ObjectNode) tree(JSON, name, json);
        root.withObjectProperty("snapshots").put("delta_every", "0s").put("as_served", true);
        return read(name, root);
    }

    /** The same configuration with snapshots signed by a key, which is the only one that readers accept. */
    public FreshetConfig withSigning(String keyId, KeyFiles.Pair key) {
        ObjectNode root = (ObjectNode) tree(JSON, name, json);
        ObjectNode snapshots = root.withObjectProperty("snapshots");
        snapshots
                .putObject("signing")
                .put("key_id", keyId)
                .put("key_file", key.privateKey().toString());
        snapshots.putObject("trusted_keys").put(keyId, key.publicKey().toString());
        return read(name, root);
    }

    /** The same configuration against other brokers, as when a demo or a test starts its own. */
    public FreshetConfig withBootstrapServers(String addresses) {
        ObjectNode root = (ObjectNode) tree(JSON, name, json);
        root.withObjectProperty("kafka").put(KafkaConfig.BOOTSTRAP_SERVERS, addresses);
        return read(name, root);
    }

    private static JsonNode tree(ObjectMapper mapper, String source, String text) {
        try {
            return mapper.readTree(text);
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new ConfigException(source, List.of("not readable as YAML" + place + ": " + e.getOriginalMessage()));
        }
    }

    /**
     * What is asked of the keys of a YAML text while it is read: the grammar, as far as the text takes its branches.
     *
     * @throws ConfigException naming every mistake in it
     */
    static List<AskedKey> askedOf(String source, String yaml) {
        JsonNode tree = tree(YAML, source, yaml);
        ConfigNode root = ConfigNode.root(source, tree);
        read(root, tree);
        return root.asked();
    }

    private static FreshetConfig read(String source, JsonNode tree) {
        return read(ConfigNode.root(source, tree), tree);
    }

    private static FreshetConfig read(ConfigNode root, JsonNode tree) {
        String name = root.string("name");
        if (!name.isEmpty() && !NAME.matcher(name).matches()) {
            root.problem("name", "found '" + name + "', expected 1 to 40 of a-z, 0-9, '_' and '-'");
        }
        JoinSpec join = JoinSpec.read(root);
        FeatureSpec features = FeatureSpec.read(root.child("features"));
        List<TaskSpec> tasks =
                root.children("tasks").stream().map(TaskSpec::read).toList();
        ModelSpec model = ModelSpec.read(root.child("model"), tasks, features.schema());
        FreshetConfig config = new FreshetConfig(
                name,
                EventsConfig.read(root.child("events")),
                join,
                (long) (root.child("join").number("hot_mebibytes", DEFAULT_HOT_MEBIBYTES, 0.001, 1e6) * MEBIBYTE),
                GuardSpec.read(root.child("guard")),
                GateSpec.read(root.child("gate")),
                features,
                model,
                root.child("train").integer("cached_rows", 0, 0, Integer.MAX_VALUE),
                MetricsSpec.read(root.child("metrics"), features.schema()),
                FusionProfiles.read(root.child("fusion"), tasks),
                TopicsConfig.read(root.child("topics")),
                UserFeaturesConfig.read(root.child("user_features")),
                KafkaConfig.read(root.child("kafka")),
                SchemaRegistryConfig.read(root.child("schema_registry")),
                SnapshotsConfig.read(root.child("snapshots"), model.tick()),
                tree.toString());
        if (config.events().formats().contains(WireFormat.CONFLUENT)
                && !config.schemaRegistry().isConfigured()) {
            root.child("schema_registry").problem("url", "missing; expected an address, since a format is confluent");
        }
        root.check();
        return config;
    }
}
