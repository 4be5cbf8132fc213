package freshet.serde.wire;

import java.util.HexFormat;
import java.util.UUID;

/** What a record says of the schema that it was written with. */
public sealed interface SchemaId {

    /** For a dead letter: "schema id 42". */
    String inWords();

    /** Avro's 64-bit fingerprint, as in single-object encoding. */
    record Fingerprint(long value) implements SchemaId {
        @Override
        public String inWords() {
            return "fingerprint " + HexFormat.of().toHexDigits(value);
        }
    }

    /** A name that a schema registry gave. */
    sealed interface OfRegistry extends SchemaId {}

    /** The number of a schema in one registry. */
    record Number(int value) implements OfRegistry {
        @Override
        public String inWords() {
            return "schema id " + Integer.toUnsignedString(value);
        }
    }

    /** The same in every registry: it is a function of the schema, its references and its rules. */
    record Guid(UUID value) implements OfRegistry {
        @Override
        public String inWords() {
            return "schema GUID " + value;
        }
    }
}
