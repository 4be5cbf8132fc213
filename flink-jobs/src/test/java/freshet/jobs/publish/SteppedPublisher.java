package freshet.jobs.publish;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.publish.PublishCore.Deltas;
import freshet.jobs.train.ModelCut;
import freshet.jobs.train.TrainRecord.Published;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotWriter;
import freshet.model.table.RowChanges;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.ManifestSigner;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The publisher without Flink, for the simulator: {@link PublishOperator} with a map for keyed state. */
public final class SteppedPublisher {
    private final PublishCore core;
    private final Map<RowKey, float[]> rows = new HashMap<>();
    private final String job;
    private final long generation;

    /** What a checkpoint holds. */
    public record Saved(Map<RowKey, float[]> rows, String claimedBy, long generation, byte[] tensors) {}

    /**
     * @param job that it is part of
     * @param generations claims a generation for a job
     */
    public SteppedPublisher(
            FreshetConfig config,
            ManifestSigner signer,
            String job,
            @Nullable Saved saved,
            ToLongFunction<String> generations) {
        this.job = job;
        core = new PublishCore(
                config.model(), new SnapshotWriter(config.name(), config.featuresJson()), signer, Deltas.SENT);
        if (saved != null) {
            rows.putAll(saved.rows);
            try {
                core.model().restoreTensors(saved.tensors);
            } catch (BadSnapshotException e) {
                throw new AssertionError(e);
            }
            rows.forEach((key, row) -> core.model().put(key.table(), key.id(), row));
        }
        generation = saved != null && saved.claimedBy.equals(job) ? saved.generation : generations.applyAsLong(job);
    }

    /** The weights as of the last cut. */
    public ModelCopy model() {
        return core.model();
    }

    public long generation() {
        return generation;
    }

    public void accept(ModelCut cut, Consumer<Published> out) {
        core.accept(cut, generation, out);
    }

    /** A checkpoint of now. */
    public Saved save() {
        ModelCopy model = core.model();
        for (int table = 0; table < model.spec().tables().size(); table++) {
            int of = table;
            model.drainTouched(table, new RowChanges() {
                @Override
                public void touched(long id, float[] weights) {
                    rows.put(new RowKey(of, id), weights.clone());
                }

                @Override
                public void removed(long id) {
                    rows.remove(new RowKey(of, id));
                }
            });
        }
        return new Saved(Map.copyOf(rows), job, generation, model.saveTensors());
    }
}
