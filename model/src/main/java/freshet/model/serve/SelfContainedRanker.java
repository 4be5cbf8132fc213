package freshet.model.serve;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import freshet.model.export.SelfContainedModel;
import freshet.model.snapshot.GoldenRows;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureValues;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Scores with a {@link SelfContainedModel} that takes texts, as any other server would with ONNX Runtime alone: to check a file
 * before it is handed out, and as an example of how its inputs are filled. Safe on any thread; not to be closed under a call.
 */
public final class SelfContainedRanker implements AutoCloseable {
    private final ModelSpec spec;
    private final OrtSession session;

    /** @param file the ONNX file, made here: what comes from outside has to be checked first, as {@link Ranker} does */
    public SelfContainedRanker(Path file, ModelSpec spec) throws OrtException {
        this.spec = spec;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            session = OnnxRuntime.environment().createSession(file.toString(), options);
        }
    }

    /** Scores every task of every candidate; see {@link Ranker#score}. */
    public void score(List<FeatureValues> candidates, float[] predictions) throws OrtException {
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try {
            for (String input : session.getInputNames()) {
                addInput(input, candidates, inputs);
            }
            try (OrtSession.Result result = session.run(inputs)) {
                int tasks = spec.taskCount();
                for (int task = 0; task < tasks; task++) {
                    String name = spec.tasks().get(task).name();
                    OnnxTensor column = (OnnxTensor) result.get(name).orElseThrow();
                    FloatBuffer found = column.getFloatBuffer();
                    for (int i = 0; i < candidates.size(); i++) {
                        predictions[i * tasks + task] = found.get(i);
                    }
                }
            }
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private void addInput(String input, List<FeatureValues> candidates, Map<String, OnnxTensor> inputs)
            throws OrtException {
        OrtEnvironment environment = OnnxRuntime.environment();
        int batch = candidates.size();
        if (input.equals(SelfContainedModel.NUMBERS)) {
            int width = spec.schema().numberNames().size();
            FloatBuffer numbers = FloatBuffer.allocate(batch * width);
            candidates.forEach(candidate -> numbers.put(candidate.numbers()));
            inputs.put(input, OnnxTensor.createTensor(environment, numbers.flip(), new long[] {batch, width}));
        } else if (input.startsWith(SelfContainedModel.IDS)) {
            String feature = input.substring(SelfContainedModel.IDS.length());
            int slot = spec.schema().idSlot(feature);
            int count = 1;
            int bytes = longest(candidates);
            for (FeatureValues candidate : candidates) {
                count = Math.max(count, candidate.ids()[slot].length);
            }
            ByteBuffer texts = ByteBuffer.allocateDirect(batch * count * bytes).order(ByteOrder.nativeOrder());
            LongBuffer lengths = LongBuffer.allocate(batch * count);
            for (int i = 0; i < batch; i++) {
                String[] of = candidates.get(i).ids()[slot];
                for (int place = 0; place < count; place++) {
                    byte[] text = place < of.length ? of[place].getBytes(StandardCharsets.UTF_8) : new byte[0];
                    texts.put((i * count + place) * bytes, text);
                    lengths.put(place < of.length ? text.length : -1);
                }
            }
            inputs.put(
                    input,
                    OnnxTensor.createTensor(environment, texts, new long[] {batch, count, bytes}, OnnxJavaType.UINT8));
            inputs.put(
                    SelfContainedModel.LENGTHS + feature,
                    OnnxTensor.createTensor(environment, lengths.flip(), new long[] {batch, count}));
        }
    }

    /** Bytes of the longest id of all features, which share that dimension; at least 1. */
    private static int longest(List<FeatureValues> candidates) {
        int longest = 1;
        for (FeatureValues candidate : candidates) {
            for (String[] ids : candidate.ids()) {
                for (String id : ids) {
                    longest = Math.max(longest, id.getBytes(StandardCharsets.UTF_8).length);
                }
            }
        }
        return longest;
    }

    /**
     * Scores the golden rows whose ids are texts.
     *
     * @return how many there were
     * @throws IllegalStateException when one is off by more than {@link GoldenRows#TOLERANCE}
     */
    public int checkGolden(List<GoldenRows.Row> golden) throws OrtException {
        int checked = 0;
        for (GoldenRows.Row row : golden) {
            FeatureValues text = row.input().text();
            if (text == null) {
                continue;
            }
            float[] found = new float[spec.taskCount()];
            score(List.of(text), found);
            for (int task = 0; task < found.length; task++) {
                if (!GoldenRows.agree(found[task], row.predictions()[task])) {
                    throw new IllegalStateException("checking a self-contained model: golden row " + checked + ", task "
                            + spec.tasks().get(task).name() + ": found prediction " + found[task]
                            + ", the trainer computed " + row.predictions()[task]);
                }
            }
            checked++;
        }
        return checked;
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
