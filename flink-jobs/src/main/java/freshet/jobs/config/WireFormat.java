package freshet.jobs.config;

/** How the records of a topic are written; the words of {@code events.<stream>.format}. */
public enum WireFormat {
    /** Avro single-object encoding: two marker bytes, the schema's fingerprint, the record. */
    AVRO,
    /** Confluent's framing: a zero byte, the schema's id in a registry, the record. */
    CONFLUENT,
    /** One JSON object, fields as in the canonical schema. */
    JSON
}
