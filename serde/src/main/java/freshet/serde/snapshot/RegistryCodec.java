package freshet.serde.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The records of the registry topic: keys, and values as one line of JSON. SNAPSHOT-FORMAT.md lists them. */
final class RegistryCodec {
    static final String GENERATION = "generation";
    static final String ALIASES = "aliases";

    private static final int FORMAT = 1;
    private static final String VERSION_PREFIX = "version/";
    private static final String WHAT = "registry";

    private RegistryCodec() {}

    static SnapshotRecord claim(String by) {
        return record(GENERATION, json -> json.writeStringField("by", by));
    }

    static SnapshotRecord record(RegistryEntry entry) {
        return record(VERSION_PREFIX + entry.version(), json -> {
            json.writeStringField("version", entry.version().toString());
            json.writeNumberField("generation", entry.generation());
            json.writeStringField("sha256", entry.sha256());
            json.writeStringField("state", entry.state().label());
            json.writeStringField("by", entry.by());
            json.writeStringField("reason", entry.reason());
        });
    }

    static SnapshotRecord record(RegistryAliases aliases) {
        return record(ALIASES, json -> {
            write(json, "current", aliases.current());
            write(json, "previous", aliases.previous());
            write(json, "canary", aliases.canary());
            json.writeStringField("by", aliases.by());
            json.writeStringField("reason", aliases.reason());
        });
    }

    private static void write(JsonGenerator json, String alias, @Nullable SnapshotVersion version) throws IOException {
        if (version != null) {
            json.writeStringField(alias, version.toString());
        }
    }

    private static SnapshotRecord record(String key, ManifestJson.Keys keys) {
        String open = ManifestJson.open(json -> {
            json.writeNumberField("format", FORMAT);
            keys.write(json);
        });
        return new SnapshotRecord(key, (open + "}").getBytes(StandardCharsets.UTF_8));
    }

    static RegistryAliases aliases(byte[] value) throws BadSnapshotException {
        ManifestJson json = parse(value);
        return new RegistryAliases(
                version(json, "current"),
                version(json, "previous"),
                version(json, "canary"),
                json.string("by"),
                json.string("reason"));
    }

    private static @Nullable SnapshotVersion version(ManifestJson json, String alias) throws BadSnapshotException {
        return json.has(alias) ? SnapshotVersion.parse(json.string(alias)) : null;
    }

    static RegistryEntry entry(SnapshotRecord record) throws BadSnapshotException {
        if (!record.key().startsWith(VERSION_PREFIX)) {
            throw new BadSnapshotException(WHAT + ": found a record whose key is not of this format ("
                    + record.key().length() + " characters), expected generation, aliases or version/<version>");
        }
        ManifestJson json = parse(record.value());
        SnapshotVersion version = SnapshotVersion.parse(json.string("version"));
        if (!record.key().equals(VERSION_PREFIX + version)) {
            throw new BadSnapshotException(WHAT + ": found version " + version + " under another key");
        }
        return new RegistryEntry(
                version,
                json.number("generation", 0, Long.MAX_VALUE),
                json.sha256("sha256"),
                RegistryEntry.State.of(json.string("state")),
                json.string("by"),
                json.string("reason"));
    }

    private static ManifestJson parse(byte[] value) throws BadSnapshotException {
        return ManifestJson.parse(WHAT, new String(value, StandardCharsets.UTF_8), FORMAT);
    }
}
