package freshet.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;
import freshet.model.export.SelfContainedModel.IdInput;
import freshet.model.serve.OnnxRuntime;
import freshet.model.snapshot.OnnxNetwork;
import freshet.model.snapshot.SnapshotFixtures;
import freshet.serde.snapshot.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The configuration is read by protobuf's own strict parser against the fields of Triton's {@code model_config.proto} (commit
 * 08365ea of triton-inference-server/common: names, numbers and types), and compared with what ONNX Runtime says of the file.
 */
class TritonRepositoryTest {
    private static final Map<String, Integer> TYPES =
            Map.of("TYPE_BOOL", 1, "TYPE_UINT8", 2, "TYPE_INT64", 9, "TYPE_FP32", 11, "TYPE_STRING", 13);

    @TempDir
    Path root;

    private Snapshot snapshot;
    private ModelProto network;
    private Descriptor modelConfig;

    @BeforeEach
    void makeModel() throws Exception {
        snapshot = SnapshotFixtures.snapshot(1);
        network = ModelProto.parseFrom(snapshot.file(OnnxNetwork.NAME));
        modelConfig = schema().findMessageTypeByName("ModelConfig");
    }

    private static FieldDescriptorProto field(String name, int number, Label label, Type type, String typeName) {
        FieldDescriptorProto.Builder field = FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setLabel(label)
                .setType(type);
        return typeName.isEmpty() ? field.build() : field.setTypeName(typeName).build();
    }

    private static FieldDescriptorProto one(String name, int number, Type type) {
        return field(name, number, Label.LABEL_OPTIONAL, type, "");
    }

    private static FieldDescriptorProto message(String name, int number, String typeName) {
        return field(name, number, Label.LABEL_OPTIONAL, Type.TYPE_MESSAGE, typeName);
    }

    private static FieldDescriptorProto many(String name, int number, String typeName) {
        return field(name, number, Label.LABEL_REPEATED, Type.TYPE_MESSAGE, typeName);
    }

    private static DescriptorProto type(String name, FieldDescriptorProto... fields) {
        return DescriptorProto.newBuilder()
                .setName(name)
                .addAllField(List.of(fields))
                .build();
    }

    private static EnumDescriptorProto names(String name, Map<String, Integer> values) {
        EnumDescriptorProto.Builder type = EnumDescriptorProto.newBuilder().setName(name);
        values.forEach((value, number) -> type.addValue(
                EnumValueDescriptorProto.newBuilder().setName(value).setNumber(number)));
        return type.build();
    }

    /** The part of Triton's schema that we use. */
    private static FileDescriptor schema() throws Exception {
        FieldDescriptorProto dataType =
                field("data_type", 2, Label.LABEL_OPTIONAL, Type.TYPE_ENUM, ".inference.DataType");
        FileDescriptorProto file = FileDescriptorProto.newBuilder()
                .setName("model_config.proto")
                .setPackage("inference")
                .addEnumType(names("DataType", TYPES))
                .addMessageType(type(
                        "ModelInput",
                        one("name", 1, Type.TYPE_STRING),
                        dataType,
                        field("dims", 4, Label.LABEL_REPEATED, Type.TYPE_INT64, "")))
                .addMessageType(type(
                        "ModelOutput",
                        one("name", 1, Type.TYPE_STRING),
                        dataType,
                        field("dims", 3, Label.LABEL_REPEATED, Type.TYPE_INT64, "")))
                .addMessageType(
                        type("ModelVersionPolicy", message("latest", 1, ".inference.ModelVersionPolicy.Latest"))
                                .toBuilder()
                                .addNestedType(type("Latest", one("num_versions", 1, Type.TYPE_UINT32))))
                .addMessageType(type(
                        "ModelDynamicBatching",
                        field("preferred_batch_size", 1, Label.LABEL_REPEATED, Type.TYPE_INT32, ""),
                        one("max_queue_delay_microseconds", 2, Type.TYPE_UINT64)))
                .addMessageType(type(
                                "ModelInstanceGroup",
                                one("count", 2, Type.TYPE_INT32),
                                field(
                                        "kind",
                                        4,
                                        Label.LABEL_OPTIONAL,
                                        Type.TYPE_ENUM,
                                        ".inference.ModelInstanceGroup.Kind"))
                        .toBuilder()
                        .addEnumType(names("Kind", Map.of("KIND_AUTO", 0, "KIND_GPU", 1, "KIND_CPU", 2))))
                .addMessageType(type("ModelParameter", one("string_value", 1, Type.TYPE_STRING)))
                // A map field is a repeated message of keys and values.
                .addMessageType(type(
                        "ParametersEntry",
                        one("key", 1, Type.TYPE_STRING),
                        message("value", 2, ".inference.ModelParameter")))
                .addMessageType(type(
                        "ModelConfig",
                        one("name", 1, Type.TYPE_STRING),
                        message("version_policy", 3, ".inference.ModelVersionPolicy"),
                        one("max_batch_size", 4, Type.TYPE_INT32),
                        many("input", 5, ".inference.ModelInput"),
                        many("output", 6, ".inference.ModelOutput"),
                        many("instance_group", 7, ".inference.ModelInstanceGroup"),
                        one("default_model_filename", 8, Type.TYPE_STRING),
                        message("dynamic_batching", 11, ".inference.ModelDynamicBatching"),
                        many("parameters", 14, ".inference.ParametersEntry"),
                        one("backend", 17, Type.TYPE_STRING)))
                .build();
        return FileDescriptor.buildFrom(file, new FileDescriptor[0]);
    }

    private DynamicMessage parse(String text) throws Exception {
        DynamicMessage.Builder config = DynamicMessage.newBuilder(modelConfig);
        TextFormat.Parser.newBuilder()
                .setAllowUnknownFields(false)
                .setSingularOverwritePolicy(TextFormat.Parser.SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
                .build()
                .merge(text, config);
        return config.build();
    }

    private static Object of(DynamicMessage message, String field) {
        return message.getField(message.getDescriptorForType().findFieldByName(field));
    }

    @SuppressWarnings("unchecked")
    private static List<DynamicMessage> all(DynamicMessage message, String field) {
        return (List<DynamicMessage>) of(message, field);
    }

    @Test
    void theConfigurationIsWhatTritonsSchemaSays() throws Exception {
        Path version = new TritonRepository(root, 4096, 500).add("video_ranker", network);

        assertThat(root.relativize(version)).isEqualTo(Path.of("video_ranker", "1"));
        DynamicMessage config = parse(Files.readString(root.resolve("video_ranker/config.pbtxt")));
        assertThat(of(config, "name")).isEqualTo("video_ranker");
        assertThat(of(config, "backend")).isEqualTo("onnxruntime");
        assertThat(of(config, "default_model_filename")).isEqualTo("model.onnx");
        assertThat(of(config, "max_batch_size")).isEqualTo(4096);
        DynamicMessage latest = (DynamicMessage) of((DynamicMessage) of(config, "version_policy"), "latest");
        assertThat(of(latest, "num_versions")).isEqualTo(1);
        assertThat(of((DynamicMessage) of(config, "dynamic_batching"), "max_queue_delay_microseconds"))
                .isEqualTo(500L);
        DynamicMessage group = all(config, "instance_group").get(0);
        assertThat(((EnumValueDescriptor) of(group, "kind")).getName()).isEqualTo("KIND_CPU");
        assertThat(all(config, "parameters"))
                .anySatisfy(entry -> assertThat(of(entry, "key")).isEqualTo("freshet_version"));
    }

    @Test
    void inputsAndOutputsAreThoseThatOnnxRuntimeSees() throws Exception {
        TritonRepository repository = new TritonRepository(root, 64, 0);
        List<ModelProto> models = List.of(
                network,
                SelfContainedModel.of(snapshot, IdInput.TEXT, 1000),
                SelfContainedModel.of(snapshot, IdInput.HASHED, 1000));
        for (ModelProto model : models) {
            Path version = repository.add("model", model);
            DynamicMessage config = parse(Files.readString(root.resolve("model/config.pbtxt")));
            try (OrtSession session = OnnxRuntime.environment()
                    .createSession(version.resolve("model.onnx").toString())) {
                assertThat(configured(config, "input"))
                        .containsExactlyInAnyOrderElementsOf(
                                seen(session.getInputInfo().values()));
                assertThat(configured(config, "output"))
                        .containsExactlyInAnyOrderElementsOf(
                                seen(session.getOutputInfo().values()));
            }
        }
        try (Stream<Path> files = Files.list(root.resolve("model"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("config.pbtxt", "1", "2", "3");
        }
    }

    /** Name, type and shape behind the axis of candidates. */
    private static List<String> configured(DynamicMessage config, String kind) {
        return all(config, kind).stream()
                .map(tensor -> of(tensor, "name") + " " + ((EnumValueDescriptor) of(tensor, "data_type")).getName()
                        + " " + of(tensor, "dims"))
                .toList();
    }

    private static List<String> seen(Iterable<NodeInfo> infos) {
        Map<OnnxJavaType, String> types = Map.of(
                OnnxJavaType.FLOAT, "TYPE_FP32",
                OnnxJavaType.INT64, "TYPE_INT64",
                OnnxJavaType.UINT8, "TYPE_UINT8",
                OnnxJavaType.BOOL, "TYPE_BOOL");
        List<String> seen = new ArrayList<>();
        for (NodeInfo info : infos) {
            TensorInfo tensor = (TensorInfo) info.getInfo();
            List<Long> dims = Arrays.stream(tensor.getShape()).boxed().toList();
            // Triton's backend batches only where the first axis is open.
            assertThat(dims.get(0)).isEqualTo(-1);
            seen.add(info.getName() + " " + types.get(tensor.type) + " " + dims.subList(1, dims.size()));
        }
        return seen;
    }

    @Test
    void aNameThatIsNoFolderIsRefused() {
        assertThatThrownBy(() -> new TritonRepository(root, 64, 0).add("../x", network))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'../x'");
    }
}
