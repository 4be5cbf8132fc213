package freshet.model.snapshot;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Writes an ONNX graph node by node. Every method that adds a node returns the name of its output; names inside the graph begin
 * with a slash, so that they never meet the name of a task. One thread.
 */
public final class OnnxGraph {
    /** The name of the dimension that counts candidates. */
    public static final String BATCH = "batch";

    private static final String INNER = "/";

    private final GraphProto.Builder graph = GraphProto.newBuilder();

    public GraphProto build(String name) {
        return graph.setName(name).build();
    }

    void input(String name, int width) {
        input(name, TensorProto.DataType.FLOAT_VALUE, BATCH, Integer.toString(width));
    }

    /**
     * An input of the graph.
     *
     * @param type one of {@link TensorProto.DataType}
     * @param dims numbers, or names of what differs from call to call
     */
    public void input(String name, int type, String... dims) {
        graph.addInput(tensor(name, type, dims));
    }

    void output(String name, int width) {
        output(name, TensorProto.DataType.FLOAT_VALUE, BATCH, Integer.toString(width));
    }

    /** An output of the graph; see {@link #input(String, int, String...)}. */
    public void output(String name, int type, String... dims) {
        graph.addOutput(tensor(name, type, dims));
    }

    private static ValueInfoProto tensor(String name, int type, String... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (String dim : dims) {
            TensorShapeProto.Dimension.Builder extent = shape.addDimBuilder();
            if (Character.isDigit(dim.charAt(0))) {
                extent.setDimValue(Long.parseLong(dim));
            } else {
                extent.setDimParam(dim);
            }
        }
        TypeProto.Tensor.Builder tensor =
                TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape);
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    /** A constant of floats. */
    public String floats(String name, float[] values, int... shape) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return constant(name, TensorProto.DataType.FLOAT_VALUE, bytes, shape);
    }

    /** A constant of whole numbers, with one axis. */
    public String longs(String name, long... values) {
        return constant(name, TensorProto.DataType.INT64_VALUE, bytes(values), values.length);
    }

    /** A constant without axes. */
    public String scalar(String name, int type, long value) {
        return constant(name, type, bytes(value));
    }

    private static ByteBuffer bytes(long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return bytes;
    }

    /** Whole numbers as a part of a node. */
    public static AttributeProto longsOf(String name, long... values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.TENSOR)
                .setT(TensorProto.newBuilder()
                        .setName(name)
                        .setDataType(TensorProto.DataType.INT64_VALUE)
                        .addDims(values.length)
                        .setRawData(ByteString.copyFrom(bytes(values))))
                .build();
    }

    /** A number as a part of a node. */
    public static AttributeProto number(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private String constant(String name, int type, ByteBuffer bytes, int... shape) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(INNER + name)
                .setDataType(type)
                .setRawData(ByteString.copyFrom(bytes.rewind()));
        for (int extent : shape) {
            tensor.addDims(extent);
        }
        graph.addInitializer(tensor);
        return INNER + name;
    }

    /** x · weight + bias. */
    String gemm(String x, String weight, String bias, String name) {
        return node("Gemm", name, x, weight, bias);
    }

    String relu(String x) {
        return node("Relu", x.substring(INNER.length()) + ".relu", x);
    }

    String sigmoid(String x, String name) {
        return node("Sigmoid", name, x);
    }

    String multiply(String a, String b, String name) {
        return node("Mul", name, a, b);
    }

    String add(String a, String b, String name) {
        return node("Add", name, a, b);
    }

    /** The product of the last two axes, for each index of the first. */
    String matMul(String a, String b, String name) {
        return node("MatMul", name, a, b);
    }

    /** Over the last axis. */
    String softmax(String x) {
        String output = x + ".softmax";
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Softmax")
                .setName(output)
                .addInput(x)
                .addOutput(output)
                .addAttribute(axis(-1)));
        return output;
    }

    /** 0 keeps the extent that is there. */
    String reshape(String x, String name, long... shape) {
        return node("Reshape", name, x, longs(name + ".shape", shape));
    }

    String concatColumns(List<String> parts, String name) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Concat")
                .setName(INNER + name)
                .addAllInput(parts)
                .addOutput(INNER + name)
                .addAttribute(axis(1)));
        return INNER + name;
    }

    List<String> splitColumns(String x, int[] widths, String name) {
        long[] lengths = new long[widths.length];
        List<String> outputs = new java.util.ArrayList<>();
        for (int i = 0; i < widths.length; i++) {
            lengths[i] = widths[i];
            outputs.add(INNER + name + "." + i + ".part");
        }
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Split")
                .setName(INNER + name + ".split")
                .addInput(x)
                .addInput(longs(name + ".widths", lengths))
                .addAllOutput(outputs)
                .addAttribute(axis(1)));
        return outputs;
    }

    /** A node with one input whose output is an output of the graph. */
    void unary(String operator, String x, String output) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType(operator)
                .setName(INNER + output + ".output")
                .addInput(x)
                .addOutput(output));
    }

    /** The product of two, as an output of the graph. */
    void productOutput(String a, String b, String output) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Mul")
                .setName(INNER + output + ".output")
                .addInput(a)
                .addInput(b)
                .addOutput(output));
    }

    private String node(String operator, String name, String... inputs) {
        return node("", operator, List.of(), name, List.of(inputs));
    }

    /** Any node with one output. */
    public String node(
            String domain, String operator, List<AttributeProto> attributes, String name, List<String> inputs) {
        graph.addNode(NodeProto.newBuilder()
                .setDomain(domain)
                .setOpType(operator)
                .setName(INNER + name)
                .addAllAttribute(attributes)
                .addAllInput(inputs)
                .addOutput(INNER + name));
        return INNER + name;
    }

    /** A node of the standard with several outputs; gives their names. */
    public List<String> nodes(
            String operator, List<AttributeProto> attributes, String name, List<String> inputs, List<String> outputs) {
        List<String> inner = outputs.stream().map(output -> INNER + output).toList();
        graph.addNode(NodeProto.newBuilder()
                .setOpType(operator)
                .setName(INNER + name)
                .addAllAttribute(attributes)
                .addAllInput(inputs)
                .addAllOutput(inner));
        return inner;
    }

    /** A node as it stands in another graph. */
    public void copy(NodeProto node) {
        graph.addNode(node);
    }

    /** A constant as it stands in another graph. */
    public void copy(TensorProto constant) {
        graph.addInitializer(constant);
    }

    private static AttributeProto axis(int axis) {
        return number("axis", axis);
    }
}
