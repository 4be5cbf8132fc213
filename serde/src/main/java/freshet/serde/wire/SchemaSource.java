package freshet.serde.wire;

import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * The schemas behind the ids of Confluent's wire format. An id means the same schema for ever; an id without a schema may get
 * one later. Implementations are safe on any thread.
 */
public interface SchemaSource {

    /**
     * The schema of an id; empty when the registry answered that there is no Avro schema of this id.
     *
     * @throws RegistryUnavailableException when there was no answer
     */
    Optional<Schema> schema(SchemaId.OfRegistry id);

    /** A registry that is never down and knows just these; for tests. */
    static SchemaSource of(Map<? extends SchemaId.OfRegistry, Schema> schemas) {
        Map<SchemaId.OfRegistry, Schema> copy = Map.copyOf(schemas);
        return id -> Optional.ofNullable(copy.get(id));
    }
}
