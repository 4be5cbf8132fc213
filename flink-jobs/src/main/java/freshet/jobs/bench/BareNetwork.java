package freshet.jobs.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import freshet.model.serve.OnnxRuntime;
import freshet.model.snapshot.OnnxNetwork;
import freshet.model.snapshot.SnapshotModel;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.FeatureValues;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What any ranker has to pay: ONNX Runtime alone, on the same network, with the same options, over tensors that lie ready. One
 * thread.
 */
final class BareNetwork implements AutoCloseable {
    private final OrtSession.SessionOptions options;
    private final OrtSession session;
    private final List<Map<String, OnnxTensor>> inputs = new ArrayList<>();
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    private int next;

    /**
     * @param requests whose inputs are made ready, as the model's scorer makes them; all of one size
     */
    BareNetwork(SnapshotModel model, List<List<FeatureValues>> requests) throws OrtException {
        OrtEnvironment environment = OnnxRuntime.environment();
        options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        session = environment.createSession(model.network(), options);
        int width = model.spec().inputWidth();
        int tasks = model.spec().taskCount();
        int count = requests.get(0).size();
        float[] x = new float[count * width];
        float[] bias = new float[count * tasks];
        for (List<FeatureValues> request : requests) {
            model.newScorer().assemble(request, x, bias);
            Map<String, OnnxTensor> ready = new LinkedHashMap<>();
            ready.put(OnnxNetwork.INPUT, tensor(x, count, width));
            ready.put(OnnxNetwork.BIAS, tensor(bias, count, tasks));
            inputs.add(ready);
        }
        for (TaskSpec task : model.spec().tasks()) {
            outputs.put(task.name(), tensor(new float[count], count, 1));
        }
    }

    private static OnnxTensor tensor(float[] values, int count, int width) throws OrtException {
        FloatBuffer memory = ByteBuffer.allocateDirect(values.length * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        memory.put(0, values);
        return OnnxTensor.createTensor(OnnxRuntime.environment(), memory, new long[] {count, width});
    }

    /** Runs the next request. */
    void run() {
        next = (next + 1) % inputs.size();
        try {
            session.run(inputs.get(next), outputs).close();
        } catch (OrtException e) {
            throw new IllegalStateException("running the bare network: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws OrtException {
        inputs.forEach(ready -> ready.values().forEach(OnnxTensor::close));
        outputs.values().forEach(OnnxTensor::close);
        session.close();
        options.close();
    }
}
