package freshet.model.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import freshet.model.snapshot.OnnxGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds nodes to a graph without having to name them, and each constant once. Every method returns the name of its result. Whole
 * numbers are int64 and wrap around as Java's do, which ONNX Runtime's sums and products of int64 do too. One thread.
 */
final class NodeWriter {
    private static final int INT64 = DataType.INT64_VALUE;
    private static final int UINT64 = DataType.UINT64_VALUE;

    private final OnnxGraph graph;
    private final String prefix;
    private final Map<String, String> constants = new HashMap<>();
    private int nodes;

    /** @param prefix begins every name that is given here, without the slash before it */
    NodeWriter(OnnxGraph graph, String prefix) {
        this.graph = graph;
        this.prefix = prefix;
    }

    OnnxGraph graph() {
        return graph;
    }

    String node(String operator, String... inputs) {
        return node("", operator, List.of(), inputs);
    }

    String node(String domain, String operator, List<AttributeProto> attributes, String... inputs) {
        return graph.node(domain, operator, attributes, fresh(operator), List.of(inputs));
    }

    private String fresh(String what) {
        return prefix + "." + what + "." + nodes++;
    }

    String add(String a, String b) {
        return node("Add", a, b);
    }

    String multiply(String a, String b) {
        return node("Mul", a, b);
    }

    String xor(String a, String b) {
        return node("BitwiseXor", a, b);
    }

    String where(String condition, String then, String otherwise) {
        return node("Where", condition, then, otherwise);
    }

    String cast(String x, int type) {
        return node("", "Cast", List.of(OnnxGraph.number("to", type)), x);
    }

    String toFloat(String x) {
        return cast(x, DataType.FLOAT_VALUE);
    }

    /** As Java's {@code >>>}; the operator knows uint64 alone. */
    String shiftRight(String x, int bits) {
        return shift(x, bits, "RIGHT");
    }

    String rotateLeft(String x, int bits) {
        return xor(shift(x, bits, "LEFT"), shift(x, Long.SIZE - bits, "RIGHT"));
    }

    private String shift(String x, int bits, String direction) {
        AttributeProto way = AttributeProto.newBuilder()
                .setName("direction")
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(direction))
                .build();
        String shifted = node("", "BitShift", List.of(way), cast(x, UINT64), scalar(UINT64, bits));
        return cast(shifted, INT64);
    }

    /** One more axis of extent 1. */
    String unsqueeze(String x, int axis) {
        return node("Unsqueeze", x, longs(axis));
    }

    /** The sum along an axis, which stays with extent 1 or goes. */
    String sum(String x, int axis, int keepAxis) {
        return node("", "ReduceSum", List.of(OnnxGraph.number("keepdims", keepAxis)), x, longs(axis));
    }

    String concat(int axis, List<String> parts) {
        return node("", "Concat", List.of(OnnxGraph.number("axis", axis)), parts.toArray(String[]::new));
    }

    /** Cuts along axis 1. */
    List<String> split(String x, String lengths, int count) {
        String result = fresh("Split");
        List<String> parts = new ArrayList<>();
        for (int part = 0; part < count; part++) {
            parts.add(result + "." + part);
        }
        return graph.nodes("Split", List.of(OnnxGraph.number("axis", 1)), result, List.of(x, lengths), parts);
    }

    String gather(String from, String indexes, int axis) {
        return node("", "Gather", List.of(OnnxGraph.number("axis", axis)), from, indexes);
    }

    String expand(String x, String shape) {
        return node("Expand", x, shape);
    }

    /** Shape, from an axis on up to another. */
    String shape(String x, int start, int end) {
        return node("", "Shape", List.of(OnnxGraph.number("start", start), OnnxGraph.number("end", end)), x);
    }

    String shape(String x) {
        return node("Shape", x);
    }

    String longs(long... values) {
        return constants.computeIfAbsent(Arrays.toString(values), any -> graph.longs(fresh("longs"), values));
    }

    String floats(float[] values, int... shape) {
        return graph.floats(fresh("floats"), values, shape);
    }

    String number(float value) {
        return constants.computeIfAbsent("f" + Float.floatToIntBits(value), any -> floats(new float[] {value}));
    }

    String scalar(long value) {
        return scalar(INT64, value);
    }

    private String scalar(int type, long value) {
        return constants.computeIfAbsent(type + ":" + value, any -> graph.scalar(fresh("scalar"), type, value));
    }

    /**
     * Runs a graph once for every element of the last input along an axis.
     *
     * @param body takes the states and the element, and gives the states anew
     * @param inputs the states, and what is gone along
     * @return the first state in the end
     */
    String scan(GraphProto body, int axis, List<String> inputs) {
        AttributeProto graphOfStep = AttributeProto.newBuilder()
                .setName("body")
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(body)
                .build();
        AttributeProto axes = AttributeProto.newBuilder()
                .setName("scan_input_axes")
                .setType(AttributeProto.AttributeType.INTS)
                .addInts(axis)
                .build();
        String result = fresh("Scan");
        List<String> states = new ArrayList<>();
        for (int state = 0; state < inputs.size() - 1; state++) {
            states.add(result + "." + state);
        }
        return graph.nodes(
                        "Scan",
                        List.of(graphOfStep, OnnxGraph.number("num_scan_inputs", 1), axes),
                        result,
                        inputs,
                        states)
                .get(0);
    }
}
