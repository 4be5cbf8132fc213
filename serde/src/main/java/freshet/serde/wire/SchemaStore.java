package freshet.serde.wire;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.Schema;

/**
 * The schemas that single-object encoded records may have been written with, by fingerprint: ours, and whatever older or
 * newer versions a deployment adds. Immutable, safe on any thread.
 */
public final class SchemaStore {
    private final Map<Long, Schema> byFingerprint;

    private SchemaStore(Map<Long, Schema> byFingerprint) {
        this.byFingerprint = byFingerprint;
    }

    /** The versions that this release knows. A superseded version of a schema is kept here, so that old records stay readable. */
    public static SchemaStore known() {
        return new SchemaStore(Map.of())
                .with(
                        Schemas.IMPRESSION,
                        Schemas.FEEDBACK,
                        Schemas.HISTORY_SEED,
                        Schemas.EXAMPLE,
                        Schemas.EXAMPLE_1,
                        Schemas.FRONTIER,
                        Schemas.DEAD_LETTER,
                        Schemas.FEATURE_STATE);
    }

    /** This store and some more versions. */
    public SchemaStore with(Schema... schemas) {
        Map<Long, Schema> more = new TreeMap<>(byFingerprint);
        Arrays.stream(schemas).forEach(schema -> more.put(Schemas.fingerprint(schema), schema));
        return new SchemaStore(more);
    }

    public Optional<Schema> find(long fingerprint) {
        return Optional.ofNullable(byFingerprint.get(fingerprint));
    }
}
