package freshet.model.serve;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import freshet.model.batch.HashedFeatures;
import freshet.model.learn.Scorer;
import freshet.model.snapshot.GoldenRows;
import freshet.model.snapshot.NetworkCheck;
import freshet.model.snapshot.OnnxNetwork;
import freshet.model.snapshot.SnapshotModel;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotManifest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;

/**
 * Scores candidates with one snapshot: rows are looked up and pooled in Java, the network runs in ONNX Runtime. Equal to the
 * trainer's forward pass to {@link GoldenRows#TOLERANCE}.
 *
 * <p>Safe on any number of threads; each call runs on the thread that makes it. A call needs working memory, which is kept
 * and used again, so that as many sets exist as there were calls at one time. {@link #close} waits for calls that are
 * running, since closing a session under a running call is a crash of the process.
 */
public final class Ranker implements AutoCloseable {
    private static final AtomicInteger OPEN = new AtomicInteger();

    private final SnapshotModel model;
    private final ModelSpec spec;
    private final OrtSession.SessionOptions options;
    private final OrtSession session;

    /** Read by calls, written by close. */
    private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();

    /** Set before the lock is taken, so that no new call puts off the end. */
    private volatile boolean closed;

    /** Guarded by the lock. */
    private boolean freed;

    /** Written before the constructor ends. */
    private float goldenDifference;

    /** Working memory that no call is using. Guarded by itself. */
    private final ArrayDeque<Workspace> idle = new ArrayDeque<>();

    /**
     * Loads and warms up.
     *
     * @throws BadSnapshotException when the snapshot is no model, or this machine does not compute with it what the trainer
     *     did
     */
    public Ranker(Snapshot snapshot) throws BadSnapshotException {
        this(SnapshotModel.of(snapshot));
    }

    /** See {@link #Ranker(Snapshot)}. */
    public Ranker(SnapshotModel model) throws BadSnapshotException {
        this.model = model;
        this.spec = model.spec();
        NetworkCheck.check(model.network());
        OrtEnvironment environment = OnnxRuntime.environment();
        options = new OrtSession.SessionOptions();
        try {
            // A request is too small to be worth a second core; requests run beside each other.
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = environment.createSession(model.network(), options);
        } catch (OrtException e) {
            options.close();
            throw new BadSnapshotException(
                    "snapshot " + model.manifest().version() + ": ONNX Runtime does not load its network: "
                            + e.getMessage(),
                    e);
        }
        OPEN.incrementAndGet();
        try {
            checkGolden();
        } catch (BadSnapshotException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void checkGolden() throws BadSnapshotException {
        List<GoldenRows.Row> golden = model.golden();
        if (golden.isEmpty()) {
            return;
        }
        int tasks = spec.taskCount();
        float[] found = new float[golden.size() * tasks];
        List<HashedFeatures> features =
                golden.stream().map(GoldenRows.Row::features).toList();
        withWorkspace(workspace -> workspace.scoreHashed(features, found));
        for (int i = 0; i < golden.size(); i++) {
            for (int task = 0; task < tasks; task++) {
                float expected = golden.get(i).predictions()[task];
                goldenDifference = Math.max(goldenDifference, Math.abs(found[i * tasks + task] - expected));
                if (!GoldenRows.agree(found[i * tasks + task], expected)) {
                    throw new BadSnapshotException(
                            "snapshot " + model.manifest().version() + ", golden row " + i
                                    + ", task " + spec.tasks().get(task).name() + ": found prediction "
                                    + found[i * tasks + task] + ", the trainer computed " + expected);
                }
            }
        }
    }

    /** How many rankers of this process are open: each holds a session, which is memory outside the heap. */
    public static int openCount() {
        return OPEN.get();
    }

    /** Of the snapshot; deltas may have been applied to it since. */
    public SnapshotManifest manifest() {
        return model.manifest();
    }

    /** Everything decided before this event time has been learnt. */
    public long asOfMillis() {
        return model.asOfMillis();
    }

    /** The largest difference between a golden row's prediction here and that of the trainer; 0 without golden rows. */
    public float goldenDifference() {
        return goldenDifference;
    }

    /** The model; {@code spec().tasks()} is the order of the predictions, {@code spec().schema()} that of the features. */
    public ModelSpec spec() {
        return spec;
    }

    /** How the features are computed: the block {@code features} of the configuration it was trained with, as JSON. */
    public String featuresJson() {
        return model.file().featuresJson();
    }

    /**
     * Scores every task of every candidate.
     *
     * @param candidates features as extracted for the snapshot's schema; at least one
     * @param predictions receives {@code [candidates][tasks]}, row by row: a probability for a logistic task, the value for a
     *     squared one; NaN for a candidate that has a number which is not finite
     * @throws IllegalStateException when closed
     */
    public void score(List<FeatureValues> candidates, float[] predictions) {
        if (!tryScore(candidates, predictions)) {
            throw new IllegalStateException(
                    "scoring with snapshot " + model.manifest().version()
                            + ": this ranker has been closed; take the current one from its holder");
        }
    }

    /** As {@link #score}; false, and nothing done, when closed. Never waits. */
    boolean tryScore(List<FeatureValues> candidates, float[] predictions) {
        if (closed || !life.readLock().tryLock()) {
            return false;
        }
        try {
            if (closed) {
                return false;
            }
            withWorkspace(workspace -> workspace.score(candidates, predictions));
            return true;
        } finally {
            life.readLock().unlock();
        }
    }

    /** Lends a workspace to one call; one that the call has left in disorder is not used again. */
    private void withWorkspace(Consumer<Workspace> call) {
        Workspace workspace = borrow();
        boolean usable = false;
        try {
            call.accept(workspace);
            usable = true;
        } finally {
            if (usable) {
                giveBack(workspace);
            } else {
                workspace.close();
            }
        }
    }

    private Workspace borrow() {
        synchronized (idle) {
            Workspace workspace = idle.pollFirst();
            if (workspace != null) {
                return workspace;
            }
        }
        return new Workspace();
    }

    private void giveBack(Workspace workspace) {
        synchronized (idle) {
            idle.addFirst(workspace);
        }
    }

    /** Waits for running calls, then frees the session. Closing again does nothing. */
    @Override
    public void close() {
        closed = true;
        life.writeLock().lock();
        try {
            if (freed) {
                return;
            }
            freed = true;
            idle.forEach(Workspace::close);
            idle.clear();
            session.close();
            options.close();
            OPEN.decrementAndGet();
        } catch (OrtException e) {
            throw new IllegalStateException(
                    "closing the ranker of snapshot " + model.manifest().version() + ": " + e.getMessage(), e);
        } finally {
            life.writeLock().unlock();
        }
    }

    /** What one call needs: a scorer, arrays and tensors over memory outside the heap. Used by one call at a time. */
    private final class Workspace implements AutoCloseable {
        private final Scorer scorer = model.newScorer();
        private int capacity;
        private float[] input = new float[0];
        private float[] bias = new float[0];
        private float[] column = new float[0];
        private FloatBuffer inputMemory = FloatBuffer.allocate(0);
        private FloatBuffer biasMemory = FloatBuffer.allocate(0);
        private final List<FloatBuffer> outputMemory = new ArrayList<>();

        /** The tensors fit this many candidates; requests of one size follow each other often. */
        private int bound;

        private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();

        void score(List<FeatureValues> candidates, float[] predictions) {
            run(candidates.size(), predictions, () -> scorer.assemble(candidates, input, bias));
            // A runtime may make a number of a NaN (its ReLU may give 0); the trainer says NaN, and so do we.
            int tasks = spec.taskCount();
            for (int i = 0; i < candidates.size(); i++) {
                if (!isFinite(candidates.get(i).numbers())) {
                    Arrays.fill(predictions, i * tasks, (i + 1) * tasks, Float.NaN);
                }
            }
        }

        void scoreHashed(List<HashedFeatures> candidates, float[] predictions) {
            run(candidates.size(), predictions, () -> scorer.assembleHashed(candidates, input, bias));
        }

        /** @param assembly fills {@link #input} and {@link #bias} for so many candidates */
        private void run(int count, float[] predictions, Runnable assembly) {
            if (count == 0) {
                return;
            }
            try {
                if (bound != count) {
                    bind(count);
                }
                assembly.run();
                inputMemory.put(0, input, 0, count * spec.inputWidth());
                biasMemory.put(0, bias, 0, count * spec.taskCount());
                session.run(inputs, outputs).close();
            } catch (OrtException e) {
                throw new IllegalStateException(
                        "scoring " + count + " candidates with snapshot "
                                + model.manifest().version() + ": ONNX Runtime failed: " + e.getMessage(),
                        e);
            }
            takeOutputs(count, predictions);
        }

        private void takeOutputs(int count, float[] predictions) {
            int tasks = spec.taskCount();
            for (int task = 0; task < tasks; task++) {
                outputMemory.get(task).get(0, column, 0, count);
                for (int i = 0; i < count; i++) {
                    predictions[i * tasks + task] = column[i];
                }
            }
        }

        private static boolean isFinite(float[] numbers) {
            for (float number : numbers) {
                if (!Float.isFinite(number)) {
                    return false;
                }
            }
            return true;
        }

        private void bind(int count) throws OrtException {
            close();
            if (capacity < count) {
                reserve(Math.max(count, 2 * capacity));
            }
            OrtEnvironment environment = OnnxRuntime.environment();
            inputs.put(OnnxNetwork.INPUT, tensor(environment, inputMemory, count, spec.inputWidth()));
            inputs.put(OnnxNetwork.BIAS, tensor(environment, biasMemory, count, spec.taskCount()));
            for (int task = 0; task < spec.taskCount(); task++) {
                TaskSpec named = spec.tasks().get(task);
                outputs.put(named.name(), tensor(environment, outputMemory.get(task), count, 1));
            }
            bound = count;
        }

        private OnnxTensor tensor(OrtEnvironment environment, FloatBuffer memory, int count, int width)
                throws OrtException {
            return OnnxTensor.createTensor(environment, memory.slice(0, count * width), new long[] {count, width});
        }

        private void reserve(int candidates) {
            capacity = candidates;
            input = new float[candidates * spec.inputWidth()];
            bias = new float[candidates * spec.taskCount()];
            column = new float[candidates];
            inputMemory = memory(input.length);
            biasMemory = memory(bias.length);
            outputMemory.clear();
            for (int task = 0; task < spec.taskCount(); task++) {
                outputMemory.add(memory(candidates));
            }
        }

        private FloatBuffer memory(int floats) {
            return ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES))
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        }

        @Override
        public void close() {
            bound = 0;
            inputs.values().forEach(OnnxTensor::close);
            inputs.clear();
            outputs.values().forEach(OnnxTensor::close);
            outputs.clear();
        }
    }
}
