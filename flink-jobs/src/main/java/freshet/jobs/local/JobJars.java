package freshet.jobs.local;

import java.util.List;

/** Which jars are sent to a cluster along with a job: those that the jobs need and a plain Flink does not have. Stateless. */
public final class JobJars {
    /** What the gate computes with, and no other job: native mathematics. */
    private static final String OF_GATE = "onnxruntime-";

    private static final List<String> OF_ALL = List.of(
            "serde-",
            "feature-store-",
            "model-",
            "flink-connector-base-",
            "flink-connector-kafka-",
            "kafka-clients-",
            "lz4-java-",
            "snappy-java-",
            "zstd-jni-",
            "avro-",
            "jackson-",
            "snakeyaml-2",
            "fastutil-core-",
            "tribuo-util-onnx-",
            "protobuf-java-");

    private JobJars() {}

    /** Whether a jar, by its file name, is sent with the examples job and the train job. */
    public static boolean areNeeded(String jar) {
        return OF_ALL.stream().anyMatch(jar::startsWith);
    }

    /** Whether a jar, by its file name, is sent with the gate. */
    public static boolean areNeededByGate(String jar) {
        return jar.startsWith(OF_GATE) || areNeeded(jar);
    }
}
