package freshet.serde.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/** The Avro schemas of everything that travels, in their present version. Immutable, safe on any thread. */
public final class Schemas {
    public static final Schema IMPRESSION = load("impression");
    public static final Schema FEEDBACK = load("feedback");
    public static final Schema HISTORY_SEED = load("history_seed");
    public static final Schema EXAMPLE = load("example");
    /** Before labels had a rate and could be corrections. */
    static final Schema EXAMPLE_1 = load("example_1");

    public static final Schema FRONTIER = load("frontier");
    public static final Schema DEAD_LETTER = load("dead_letter");
    public static final Schema FEATURE_STATE = load("feature_state");
    public static final Schema SNAPSHOT_MANIFEST = load("snapshot_manifest");

    private Schemas() {}

    /** Avro's 64-bit fingerprint of a schema without its documentation and defaults, as single-object encoding uses it. */
    public static long fingerprint(Schema schema) {
        return SchemaNormalization.parsingFingerprint64(schema);
    }

    private static Schema load(String name) {
        String resource = "/freshet/schema/" + name + ".avsc";
        try (InputStream in = Schemas.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("schema " + resource + ": not on the class path; the jar is damaged");
            }
            return new Schema.Parser().parse(in);
        } catch (IOException e) {
            throw new UncheckedIOException("schema " + resource, e);
        }
    }
}
