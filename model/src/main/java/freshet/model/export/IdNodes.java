package freshet.model.export;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import freshet.model.math.CounterRandom;
import freshet.model.math.Ids;
import freshet.model.snapshot.OnnxGraph;
import freshet.model.spec.TableSpec;
import java.util.List;

/**
 * The arithmetic of ids as nodes of an ONNX graph: what {@link Ids}, {@link CounterRandom} and {@code InitialValues} do, bit by
 * bit. SNAPSHOT-FORMAT.md has the formulas. One thread.
 */
final class IdNodes {
    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final long MIX_1 = 0xBF58476D1CE4E5B9L;
    private static final long MIX_2 = 0x94D049BB133111EBL;
    private static final float TWO_TO_MINUS_23 = 0x1p-23f;
    private static final int INT64 = DataType.INT64_VALUE;
    private static final int UINT8 = DataType.UINT8_VALUE;

    private final NodeWriter nodes;

    IdNodes(NodeWriter nodes) {
        this.nodes = nodes;
    }

    /**
     * Texts to ids.
     *
     * @param bytes uint8 [batch, n, longest]: UTF-8, what stands behind a text's length is not looked at
     * @param lengths int64 [batch, n]
     * @return int64 [batch, n]
     */
    String hash(String bytes, String lengths) {
        // Byte after byte: the state is (hash of every text so far, how many bytes were seen).
        OnnxGraph body = new OnnxGraph();
        NodeWriter step = new NodeWriter(body, "step");
        body.input("hash", INT64, OnnxGraph.BATCH, "n");
        body.input("place", INT64);
        body.input("byte", UINT8, OnnxGraph.BATCH, "n");
        String next = step.multiply(step.xor("hash", step.cast("byte", INT64)), step.scalar(FNV_PRIME));
        String hashed = step.where(step.node("Less", "place", lengths), next, "hash");
        String place = step.add("place", step.scalar(1));
        body.output(hashed, INT64, OnnxGraph.BATCH, "n");
        body.output(place, INT64);
        List<String> states =
                List.of(nodes.expand(nodes.scalar(FNV_OFFSET), nodes.shape(lengths)), nodes.scalar(0), bytes);
        String fnv = nodes.scan(body.build("fnv"), 2, states);
        return mix(fnv);
    }

    String mix(String z) {
        String first = nodes.multiply(nodes.xor(z, nodes.shiftRight(z, 30)), nodes.scalar(MIX_1));
        String second = nodes.multiply(nodes.xor(first, nodes.shiftRight(first, 27)), nodes.scalar(MIX_2));
        return nodes.xor(second, nodes.shiftRight(second, 31));
    }

    String cross(String first, String second) {
        return mix(nodes.add(nodes.multiply(nodes.rotateLeft(first, 23), nodes.scalar(3)), second));
    }

    /** Initial weights: int64 [batch, n] -> float [batch, n, width]. */
    String initialValues(String ids, long seed, TableSpec table) {
        long tableKey = CounterRandom.key(seed, Ids.hash(table.name()));
        String counter = nodes.multiply(nodes.add(ids, nodes.scalar(1)), nodes.scalar(GOLDEN_GAMMA));
        String key = mix(nodes.xor(nodes.add(counter, nodes.scalar(tableKey)), nodes.rotateLeft(ids, 32)));
        long[] counters = new long[table.width()];
        for (int i = 0; i < counters.length; i++) {
            counters[i] = GOLDEN_GAMMA * (i + 1);
        }
        String draws = mix(nodes.add(nodes.unsqueeze(key, 2), nodes.longs(counters)));
        String uniform = nodes.toFloat(nodes.shiftRight(draws, 40));
        String signed = nodes.add(nodes.multiply(uniform, nodes.number(TWO_TO_MINUS_23)), nodes.number(-1));
        return nodes.multiply(signed, nodes.number(table.initialRange()));
    }
}
