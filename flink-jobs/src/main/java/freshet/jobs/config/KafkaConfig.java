package freshet.jobs.config;

import freshet.serde.config.ConfigNode;
import java.util.Collections;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The block {@code kafka}: properties of Kafka's own clients, passed through as they are, if they are on the list here.
 *
 * <p>It is a list of what is allowed, because client properties name classes to load, files to read and addresses to call
 * (CVE-2025-27817, CVE-2025-27818), and a job runs them with the cluster's rights. Secrets must be references that the
 * client resolves in the process that uses them, {@code ${env:NAME}} or {@code ${dir:/path:file}}, so that neither the job
 * graph nor the dashboard ever holds one.
 *
 * @param properties by Kafka's key, sorted; secrets unresolved
 */
public record KafkaConfig(SortedMap<String, String> properties) {

    /** The one property that a job with Kafka in it cannot do without. */
    public static final String BOOTSTRAP_SERVERS = "bootstrap.servers";

    private static final Set<String> ANY_CLIENT = Set.of(
            BOOTSTRAP_SERVERS,
            "client.dns.lookup",
            "connections.max.idle.ms",
            "default.api.timeout.ms",
            "metadata.max.age.ms",
            "receive.buffer.bytes",
            "reconnect.backoff.max.ms",
            "reconnect.backoff.ms",
            "request.timeout.ms",
            "retry.backoff.max.ms",
            "retry.backoff.ms",
            "sasl.jaas.config",
            "sasl.mechanism",
            "security.protocol",
            "send.buffer.bytes",
            "socket.connection.setup.timeout.max.ms",
            "socket.connection.setup.timeout.ms",
            "ssl.cipher.suites",
            "ssl.enabled.protocols",
            "ssl.endpoint.identification.algorithm",
            "ssl.key.password",
            "ssl.keystore.certificate.chain",
            "ssl.keystore.key",
            "ssl.keystore.location",
            "ssl.keystore.password",
            "ssl.keystore.type",
            "ssl.protocol",
            "ssl.truststore.certificates",
            "ssl.truststore.location",
            "ssl.truststore.password",
            "ssl.truststore.type");

    private static final Set<String> CONSUMERS = Set.of(
            "client.rack",
            "fetch.max.bytes",
            "fetch.max.wait.ms",
            "fetch.min.bytes",
            "max.partition.fetch.bytes",
            "max.poll.records");

    private static final Set<String> PRODUCERS = Set.of(
            "batch.size",
            "buffer.memory",
            "compression.type",
            "delivery.timeout.ms",
            "linger.ms",
            "max.block.ms",
            "max.request.size");

    private static final Set<String> SECRETS = Set.of(
            "sasl.jaas.config",
            "ssl.key.password",
            "ssl.keystore.key",
            "ssl.keystore.password",
            "ssl.truststore.password");

    private static final Pattern REFERENCE = Pattern.compile("\\$\\{(env|dir):[^}]+}");

    /** Login modules that do no more than log in; others look names up in directories that the text may choose. */
    private static final Pattern LOGIN = Pattern.compile(
            "\\s*org\\.apache\\.kafka\\.common\\.security\\.(plain\\.PlainLoginModule|scram\\.ScramLoginModule)\\s[^;]*;\\s*");

    public KafkaConfig {
        properties = Collections.unmodifiableSortedMap(new TreeMap<>(properties));
    }

    static KafkaConfig read(ConfigNode kafka) {
        SortedMap<String, String> properties = new TreeMap<>();
        for (String key : kafka.keys()) {
            String value = kafka.string(key);
            if (value.isEmpty()) {
                continue; // already noted
            }
            if (!ANY_CLIENT.contains(key) && !CONSUMERS.contains(key) && !PRODUCERS.contains(key)) {
                Set<String> allowed = new TreeSet<>(ANY_CLIENT);
                allowed.addAll(CONSUMERS);
                allowed.addAll(PRODUCERS);
                kafka.problem(
                        key,
                        "not a client property that may be passed through; allowed here: "
                                + String.join(", ", allowed));
            } else if (SECRETS.contains(key) && !REFERENCE.matcher(value).find()) {
                kafka.problem(
                        key, "found a secret in the file, expected a reference: ${env:NAME} or ${dir:/path:file}");
            } else if (key.equals("sasl.jaas.config") && !LOGIN.matcher(value).matches()) {
                kafka.problem(
                        key,
                        "expected one login module, org.apache.kafka.common.security.plain.PlainLoginModule or"
                                + " org.apache.kafka.common.security.scram.ScramLoginModule, with options and a final ';'");
            } else {
                properties.put(key, value);
            }
        }
        return new KafkaConfig(properties);
    }

    /** The broker addresses; {@code localhost:9092} where the file names none. */
    public String bootstrapServers() {
        return properties.getOrDefault(BOOTSTRAP_SERVERS, "localhost:9092");
    }

    /** Properties for a consumer: fresh, the caller may add its own. */
    public Properties forConsumers() {
        return with(CONSUMERS);
    }

    /** Properties for a producer: fresh, the caller may add its own. */
    public Properties forProducers() {
        return with(PRODUCERS);
    }

    /** Properties for an admin client: fresh, the caller may add its own. */
    public Properties forAdmins() {
        return with(Set.of());
    }

    private Properties with(Set<String> kind) {
        Properties chosen = new Properties();
        properties.forEach((key, value) -> {
            if (ANY_CLIENT.contains(key) || kind.contains(key)) {
                chosen.setProperty(key, value);
            }
        });
        chosen.setProperty(BOOTSTRAP_SERVERS, bootstrapServers());
        if (properties.values().stream()
                .anyMatch(value -> REFERENCE.matcher(value).find())) {
            chosen.setProperty("config.providers", "env,dir");
            chosen.setProperty(
                    "config.providers.env.class", "org.apache.kafka.common.config.provider.EnvVarConfigProvider");
            chosen.setProperty(
                    "config.providers.dir.class", "org.apache.kafka.common.config.provider.DirectoryConfigProvider");
        }
        return chosen;
    }
}
