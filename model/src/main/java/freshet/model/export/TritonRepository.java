package freshet.model.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model repository of NVIDIA Triton: {@code NAME/config.pbtxt} and {@code NAME/<number>/model.onnx} for its onnxruntime
 * backend. Each export is a version of its own, numbered from 1, there whole or not at all, so that a Triton that polls the
 * folder never sees half a file; the configuration says that the newest one is served.
 *
 * <p>The words of the configuration are those of {@code model_config.proto} (package {@code inference}) in
 * triton-inference-server/common. One writer at a time.
 */
public final class TritonRepository {

    /** The file's name inside a version's folder: what the onnxruntime backend looks for. */
    public static final String MODEL = "model.onnx";

    /** The file with the configuration of all versions. */
    public static final String CONFIG = "config.pbtxt";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}");
    private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");

    private final Path root;
    private final int maxBatchSize;
    private final int maxQueueDelayMicros;

    /**
     * @param root the folder that Triton is given; made where it is missing
     * @param maxBatchSize most candidates of one call of the network, be they of one request or of several
     * @param maxQueueDelayMicros how long a request may wait for others to share a call with; 0 for not at all
     */
    public TritonRepository(Path root, int maxBatchSize, int maxQueueDelayMicros) {
        this.root = root;
        this.maxBatchSize = maxBatchSize;
        this.maxQueueDelayMicros = maxQueueDelayMicros;
    }

    /**
     * Adds a version of a model.
     *
     * @return the version's folder
     * @throws IllegalArgumentException when the name is none for a folder, or the model has an input that Triton does not know
     */
    public Path add(String name, ModelProto model) throws IOException {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("writing a Triton repository: found the model's name '" + name
                    + "', expected letters, digits, _, - and .; choose another with --name");
        }
        Path folder = root.resolve(name);
        Files.createDirectories(folder);
        replace(folder.resolve(CONFIG), config(name, model).getBytes(StandardCharsets.UTF_8));
        int number = newestVersion(folder) + 1;
        Path unfinished = folder.resolve("." + number + ".unfinished");
        Files.createDirectories(unfinished);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(unfinished.resolve(MODEL)))) {
            model.writeTo(out);
        }
        return Files.move(unfinished, folder.resolve(Integer.toString(number)), StandardCopyOption.ATOMIC_MOVE);
    }

    private static void replace(Path file, byte[] bytes) throws IOException {
        Path unfinished = file.resolveSibling("." + CONFIG + ".unfinished");
        Files.write(unfinished, bytes);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static int newestVersion(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(entry -> NUMBER.matcher(entry).matches())
                    .mapToInt(Integer::parseInt)
                    .max()
                    .orElse(0);
        }
    }

    /** The configuration: a protocol buffer {@code inference.ModelConfig} as text. */
    String config(String name, ModelProto model) {
        StringBuilder text = new StringBuilder();
        text.append("name: ").append(quoted(name)).append('\n');
        text.append("backend: \"onnxruntime\"\n");
        text.append("default_model_filename: ").append(quoted(MODEL)).append('\n');
        text.append("max_batch_size: ").append(maxBatchSize).append('\n');
        model.getGraph().getInputList().forEach(input -> text.append(tensor("input", input)));
        model.getGraph().getOutputList().forEach(output -> text.append(tensor("output", output)));
        text.append("version_policy { latest { num_versions: 1 } }\n");
        text.append("dynamic_batching { max_queue_delay_microseconds: ")
                .append(maxQueueDelayMicros)
                .append(" }\n");
        text.append("instance_group { kind: KIND_CPU count: 1 }\n");
        // A request is too small to be worth a second core; count says how many run beside each other.
        text.append(parameter("intra_op_thread_count", "1"));
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            text.append(parameter("freshet_" + entry.getKey(), entry.getValue()));
        }
        return text.toString();
    }

    /** The axis of candidates is Triton's own: it is not told of. */
    private static String tensor(String kind, ValueInfoProto of) {
        List<TensorShapeProto.Dimension> dims =
                of.getType().getTensorType().getShape().getDimList();
        return kind + " { name: " + quoted(of.getName()) + " data_type: "
                + dataType(of.getName(), of.getType().getTensorType().getElemType()) + " dims: "
                + dims.subList(1, dims.size()).stream()
                        .map(dim -> dim.hasDimValue() ? Long.toString(dim.getDimValue()) : "-1")
                        .collect(Collectors.joining(", ", "[ ", " ]"))
                + " }\n";
    }

    private static String dataType(String name, int type) {
        return switch (type) {
            case DataType.FLOAT_VALUE -> "TYPE_FP32";
            case DataType.INT64_VALUE -> "TYPE_INT64";
            case DataType.UINT8_VALUE -> "TYPE_UINT8";
            case DataType.BOOL_VALUE -> "TYPE_BOOL";
            default ->
                throw new IllegalArgumentException("writing a Triton repository: found the ONNX type " + type + " of '"
                        + name + "', expected float, int64, uint8 or bool");
        };
    }

    private static String parameter(String key, String value) {
        return "parameters { key: " + quoted(key) + " value { string_value: " + quoted(value) + " } }\n";
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
