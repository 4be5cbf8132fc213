package freshet.jobs.config;

import freshet.serde.config.ConfigNode;
import freshet.serde.wire.SchemaRegistryClient;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * The block {@code schema_registry}, which the wire format {@code confluent} needs. The password is named, not written: the
 * process that asks the registry reads it from its environment.
 *
 * @param url such as {@code http://registry:8081}; empty when none is configured
 * @param user for HTTP basic authentication; null for none
 * @param passwordVariable the environment variable that holds the password; null without a user
 */
public record SchemaRegistryConfig(
        String url, @Nullable String user, @Nullable String passwordVariable) {

    static SchemaRegistryConfig read(ConfigNode registry) {
        String url = registry.string("url", "");
        String user = registry.string("user", null);
        String passwordVariable = registry.string("password_env", null);
        if (url != null && !url.isEmpty() && !url.matches("https?://[^@\\s]+")) {
            registry.problem(
                    "url", "found an address that is not http://host:port or https://host:port, without a user");
        }
        if ((user == null) != (passwordVariable == null)) {
            registry.problem(
                    user == null ? "user" : "password_env",
                    "missing; expected user and password_env (the name of an environment variable) together");
        }
        return new SchemaRegistryConfig(url == null ? "" : url, user, passwordVariable);
    }

    /** Whether the file names a registry. */
    public boolean isConfigured() {
        return !url.isEmpty();
    }

    /** A client of this registry, with the password as it is in this process's environment. */
    public SchemaRegistryClient client() {
        if (user == null || passwordVariable == null) {
            return SchemaRegistryClient.at(URI.create(url));
        }
        String password = System.getenv(passwordVariable);
        if (password == null) {
            throw new IllegalStateException("schema_registry.password_env: found no environment variable "
                    + passwordVariable + ", expected the registry's password in it, on every TaskManager");
        }
        return SchemaRegistryClient.at(URI.create(url), user, password);
    }
}
