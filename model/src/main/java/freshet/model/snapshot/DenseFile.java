package freshet.model.snapshot;

import freshet.model.layer.NamedTensor;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SafeTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code dense.safetensors}: the dense parameters by name, as {@code Learner.denseTensors} has them. */
final class DenseFile {
    static final String NAME = "dense.safetensors";

    private DenseFile() {}

    static byte[] bytes(List<NamedTensor> tensors) {
        SafeTensors.Writer writer = new SafeTensors.Writer();
        for (NamedTensor tensor : tensors) {
            long[] shape = tensor.shape().stream().mapToLong(Integer::longValue).toArray();
            writer.add(tensor.name(), tensor.values(), shape);
        }
        return writer.bytes();
    }

    static List<NamedTensor> parse(byte[] bytes) throws BadSnapshotException {
        SafeTensors file = SafeTensors.parse(bytes);
        List<NamedTensor> tensors = new ArrayList<>();
        for (Map.Entry<String, long[]> entry : file.shapes().entrySet()) {
            List<Integer> shape = new ArrayList<>();
            for (long extent : entry.getValue()) {
                shape.add((int) extent);
            }
            tensors.add(new NamedTensor(entry.getKey(), shape, file.floats(entry.getKey(), entry.getValue())));
        }
        return tensors;
    }
}
