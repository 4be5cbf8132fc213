package freshet.model.snapshot;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.InvalidProtocolBufferException;
import freshet.serde.snapshot.BadSnapshotException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Whether a server may run a {@code network.onnx}. A model file is code and comes from outside, so only what {@link OnnxNetwork}
 * writes is let in: no other operators, no weights in other files (CVE-2024-27318), no functions. Safe on any thread.
 */
public final class NetworkCheck {

    /** Every operator that a network of ours has. */
    private static final Set<String> OPERATORS = Set.of(
            "Gemm",
            "Relu",
            "Mul",
            "Add",
            "Reshape",
            "Split",
            "Concat",
            "Softmax",
            "MatMul",
            "Sigmoid",
            "Exp",
            "Identity");

    /** What is wrong. A closed set, because each is a metric. */
    public enum Fault {
        /** It cannot be parsed. */
        NOT_ONNX,
        /** Operators of another version, or of a domain that is not the standard's. */
        OTHER_OPSET,
        /** An operator that none of our networks has. */
        UNKNOWN_OPERATOR,
        /** Weights that are said to lie in another file. */
        EXTERNAL_DATA,
        /** Functions, training information or sparse weights. */
        NO_PLAIN_GRAPH;

        /** The name in metrics: lower case with underscores. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Why a network is refused; the detail says what was found and what was expected. */
    public record Refusal(Fault fault, String detail) {}

    private NetworkCheck() {}

    /** Why a server should not run this file; empty when it may. */
    public static Optional<Refusal> refusal(byte[] network) {
        ModelProto model;
        try {
            model = ModelProto.parseFrom(network);
        } catch (InvalidProtocolBufferException e) {
            return refused(Fault.NOT_ONNX, "not an ONNX file: " + e.getMessage());
        }
        for (OperatorSetIdProto opset : model.getOpsetImportList()) {
            if (!opset.getDomain().isEmpty() || opset.getVersion() != OnnxNetwork.OPSET) {
                return refused(
                        Fault.OTHER_OPSET,
                        "found operators of domain '" + opset.getDomain() + "' version " + opset.getVersion()
                                + ", expected the standard's version " + OnnxNetwork.OPSET);
            }
        }
        for (NodeProto node : model.getGraph().getNodeList()) {
            if (!node.getDomain().isEmpty() || !OPERATORS.contains(node.getOpType())) {
                return refused(
                        Fault.UNKNOWN_OPERATOR,
                        "found operator '" + node.getDomain() + ":" + node.getOpType() + "', expected one of "
                                + OPERATORS.stream().sorted().toList());
            }
        }
        for (TensorProto tensor : model.getGraph().getInitializerList()) {
            if (tensor.getExternalDataCount() > 0 || tensor.getDataLocation() != TensorProto.DataLocation.DEFAULT) {
                return refused(
                        Fault.EXTERNAL_DATA,
                        "found weights of '" + tensor.getName() + "' in another file, expected all inside this one");
            }
        }
        if (model.getFunctionsCount() > 0
                || model.getTrainingInfoCount() > 0
                || model.getGraph().getSparseInitializerCount() > 0) {
            return refused(
                    Fault.NO_PLAIN_GRAPH,
                    "found functions, training information or sparse weights, expected a plain graph");
        }
        return Optional.empty();
    }

    private static Optional<Refusal> refused(Fault fault, String detail) {
        return Optional.of(new Refusal(fault, OnnxNetwork.NAME + ": " + detail));
    }

    /** As {@link #refusal}, for those who do not ask which fault it is. */
    public static void check(byte[] network) throws BadSnapshotException {
        Optional<Refusal> refusal = refusal(network);
        if (refusal.isPresent()) {
            throw new BadSnapshotException(refusal.get().detail());
        }
    }
}
