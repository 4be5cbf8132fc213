package freshet.jobs.train;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.guard.TrainGuard;
import freshet.serde.example.ExampleMessage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The trainer without Flink, for the simulator: {@link TrainTask} with maps for keyed state. */
public final class SteppedTrainer implements AutoCloseable {
    private final TrainCore core;
    private final HeapStorage storage;

    /** What a checkpoint holds: rows and blocks, the models that are kept, everything else. */
    public static final class Saved {
        private final HeapStorage storage;
        private final Map<Long, byte[]> models;
        private final byte[] core;

        private Saved(HeapStorage storage, Map<Long, byte[]> models, byte[] core) {
            this.storage = storage;
            this.models = models;
            this.core = core;
        }
    }

    public SteppedTrainer(FreshetConfig config, @Nullable Saved saved) {
        storage = saved == null ? new HeapStorage() : saved.storage.copy();
        Map<String, Long> horizons = new HashMap<>();
        config.join().tasks().forEach(task -> horizons.put(task.name(), task.horizonMillis()));
        core = new TrainCore(
                config.model(),
                config.snapshots(),
                config.join().longestHorizonMillis(),
                storage,
                config.cachedRows(),
                new TrainGuard(config.guard(), config.model(), horizons),
                SnapshotShelf.EMPTY,
                config.metrics());
        if (saved != null) {
            restore(saved);
        }
    }

    private void restore(Saved saved) {
        try {
            core.restore(new ByteArrayInputStream(saved.core));
            for (Map.Entry<Long, byte[]> model : saved.models.entrySet()) {
                DataInputStream files = new DataInputStream(new ByteArrayInputStream(model.getValue()));
                core.restoreModel(model.getKey(), freshet.model.snapshot.ModelCopy.of(ModelCutBytes.readFiles(files)));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public void accept(ExampleMessage message, Consumer<TrainRecord> out) {
        core.accept(message, out);
    }

    /** A checkpoint of now. */
    public Saved save() {
        try {
            Map<Long, byte[]> models = new TreeMap<>();
            for (var kept : core.keptModels().entrySet()) {
                ByteArrayOutputStream files = new ByteArrayOutputStream();
                ModelCutBytes.writeFiles(kept.getValue().files(), new DataOutputStream(files));
                models.put(kept.getKey(), files.toByteArray());
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            core.save(bytes);
            return new Saved(storage.copy(), models, bytes.toByteArray());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        core.learner().close();
    }

    /** A cut on its way to the publisher's task. */
    public static byte[] bytes(ModelCut cut) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ModelCutBytes.write(cut, new DataOutputStream(bytes));
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public static ModelCut cut(byte[] bytes) {
        try {
            return ModelCutBytes.read(new DataInputStream(new ByteArrayInputStream(bytes)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
