package freshet.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.train.ModelCut;
import freshet.jobs.train.TrainRecord;
import freshet.jobs.train.TrainRecordSerializer;
import freshet.model.learn.Learner;
import freshet.model.math.CounterRandom;
import freshet.model.serve.Ranker;
import freshet.model.snapshot.DeltaFiles;
import freshet.model.snapshot.ModelChanges;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import freshet.serde.snapshot.Checksums;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotStream;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot costs, in this process and without a broker: how long the trainer waits for a cut, how fast the publisher
 * writes and a server loads, and how long it takes from the end of an hour until the model ranks. A model with one table of 16
 * weights a row and sparse Adagrad. Times are on the clock.
 */
public final class SnapshotBenchmark {
    private static final int DIM = 16;
    private static final int ROUNDS = 5;
    private static final int WARM_UP_ROWS = 200_000;
    private static final int HASHED_BYTES = 64 << 20;
    private static final SnapshotVersion VERSION = new SnapshotVersion(1_650_902_400_000L);

    /**
     * One size of the table.
     *
     * @param changed rows that changed between two cuts
     * @param copyMillis of a cut's pause: the copy of what changed; the shortest of some rounds
     * @param passMillis of a cut's pause: writing it for the next task
     * @param takeInMillis the publisher's time to fold the cut in
     * @param bytes of the snapshot
     * @param learnerBytes heap that the learner holds
     * @param copyBytes heap that the publisher's copy holds
     * @param servedBytes heap that a loaded model holds
     */
    public record Result(
            int rows,
            int changed,
            double copyMillis,
            double passMillis,
            double takeInMillis,
            double publishMillis,
            double loadMillis,
            long bytes,
            long learnerBytes,
            long copyBytes,
            long servedBytes) {

        /** How long the trainer learns nothing. */
        public double pauseMillis() {
            return copyMillis + passMillis;
        }

        /** From the end of an hour until the model ranks. */
        public double servableMillis() {
            return pauseMillis() + takeInMillis + publishMillis + loadMillis;
        }
    }

    private final Consumer<String> progress;

    /** @param progress receives a line for each thing that is begun */
    public SnapshotBenchmark(Consumer<String> progress) {
        this.progress = progress;
    }

    /** Measures tables of these sizes, of which so many rows change between two cuts. */
    public List<Result> run(List<Integer> sizes, int changed) throws IOException {
        List<Result> results = new ArrayList<>();
        measure(WARM_UP_ROWS, WARM_UP_ROWS);
        for (int rows : sizes) {
            results.add(measure(rows, Math.min(rows, changed)));
        }
        return results;
    }

    /** MB/s of one SHA-256 here: a snapshot's bytes are hashed twice by who writes it and twice by who reads it. */
    public static double sha256MegabytesPerSecond() {
        byte[] bytes = new byte[HASHED_BYTES];
        double best = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            Checksums.sha256(bytes);
            best = Math.min(best, millisSince(start));
        }
        return HASHED_BYTES / 1e3 / best;
    }

    private static ModelSpec spec() {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.putArray("tasks").addObject().put("name", "click");
        root.putObject("model")
                .putArray("embeddings")
                .addObject()
                .put("feature", "video")
                .put("dim", DIM);
        ConfigNode node = ConfigNode.root("the benchmark's model", root);
        List<TaskSpec> tasks =
                node.children("tasks").stream().map(TaskSpec::read).toList();
        ModelSpec spec = ModelSpec.read(node.child("model"), tasks, new FeatureSchema(List.of("video"), List.of()));
        node.check();
        return spec;
    }

    /** What the trainer's part came to; in a method of its own, so that the learner is let go of afterwards. */
    private record Trained(double copyMillis, double passMillis, long learnerBytes, ModelChanges changes) {}

    private static Trained train(ModelSpec spec, int rows, int changed) throws IOException {
        long before = heldBytes();
        double copyMillis = Double.MAX_VALUE;
        double passMillis = Double.MAX_VALUE;
        try (Learner learner = new Learner(spec)) {
            learner.trackChanges();
            touch(learner, rows, 1, rows);
            ModelChanges changes = ModelChanges.take(learner);
            changes = new ModelChanges(changes.dense(), List.of());
            long learnerBytes = heldBytes() - before;
            for (int round = 0; round < ROUNDS; round++) {
                // Far apart in memory.
                touch(learner, changed, rows / changed, rows);
                long start = System.nanoTime();
                changes = ModelChanges.take(learner);
                copyMillis = Math.min(copyMillis, millisSince(start));
                start = System.nanoTime();
                new TrainRecordSerializer()
                        .serialize(new TrainRecord.Changed(cut(changes)), new DataOutputSerializer(1 << 20));
                passMillis = Math.min(passMillis, millisSince(start));
            }
            return new Trained(copyMillis, passMillis, learnerBytes, changes);
        }
    }

    private Result measure(int rows, int changed) throws IOException {
        ModelSpec spec = spec();
        progress.accept(rows + " rows: the trainer");
        Trained trained = train(spec, rows, changed);
        progress.accept(rows + " rows: the publisher");
        long before = heldBytes();
        ModelCopy copy = new ModelCopy(spec);
        float[] weights = new float[DIM];
        for (int row = 0; row < rows; row++) {
            weights[0] = row;
            copy.put(0, CounterRandom.mix(row), weights);
        }
        long start = System.nanoTime();
        copy.apply(DeltaFiles.of(spec, trained.changes()));
        double takeInMillis = millisSince(start);
        long copyBytes = heldBytes() - before;
        ArrayDeque<SnapshotRecord> records = new ArrayDeque<>();
        start = System.nanoTime();
        long bytes = publish(copy, records::add);
        double publishMillis = millisSince(start);
        copy = new ModelCopy(spec);
        progress.accept(rows + " rows: the server");
        before = heldBytes();
        start = System.nanoTime();
        try (Ranker ranker = new Ranker(assembled(records, bytes))) {
            double loadMillis = millisSince(start);
            // The records were held before and are let go of by now.
            long servedBytes = heldBytes() - (before - bytes);
            ranker.spec();
            return new Result(
                    rows,
                    changed,
                    trained.copyMillis(),
                    trained.passMillis(),
                    takeInMillis,
                    publishMillis,
                    loadMillis,
                    bytes,
                    trained.learnerBytes(),
                    copyBytes,
                    servedBytes);
        }
    }

    private static void touch(Learner learner, int count, int stride, int rows) {
        float[] row = new float[learner.spec().tables().get(0).rowWidth()];
        for (int i = 0; i < count; i++) {
            row[0] = i;
            learner.putRow(0, CounterRandom.mix((long) i * stride % rows), row);
        }
    }

    private static ModelCut cut(ModelChanges changes) {
        return new ModelCut(VERSION.eventTimeMillis(), null, 1, Lineage.START, Lineage.START, 0, changes, null);
    }

    private static long publish(ModelCopy model, Consumer<SnapshotRecord> out) {
        SnapshotWriter writer = new SnapshotWriter("bench", "{}");
        SnapshotMoment moment = new SnapshotMoment(0, VERSION, null, Lineage.START, 0, new TreeMap<>(), List.of());
        SnapshotStream stream = new SnapshotStream(VERSION, out);
        writer.writeFiles(model, moment, stream::file);
        return stream.finish(writer.describe(model, moment), ManifestSigner.unsigned())
                .bytes();
    }

    private static Snapshot assembled(ArrayDeque<SnapshotRecord> records, long bytes) {
        SnapshotAssembler assembler = new SnapshotAssembler(2 * bytes);
        @Nullable Snapshot whole = null;
        while (!records.isEmpty()) {
            if (assembler.accept(records.poll()) instanceof SnapshotAssembly.Complete complete) {
                whole = complete.snapshot();
            }
        }
        if (whole == null) {
            throw new IllegalStateException("loading the snapshot of the benchmark: found no whole one");
        }
        return whole;
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }

    private static long heldBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** For other tools: {@code {"sha256_mb_per_s", "results": [...]}}, the fields of {@link Result} in snake case. */
    public static ObjectNode json(List<Result> results, double sha256) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("sha256_mb_per_s", sha256);
        ArrayNode array = root.putArray("results");
        for (Result result : results) {
            array.addObject()
                    .put("rows", result.rows())
                    .put("changed", result.changed())
                    .put("pause_ms", result.pauseMillis())
                    .put("copy_ms", result.copyMillis())
                    .put("pass_ms", result.passMillis())
                    .put("take_in_ms", result.takeInMillis())
                    .put("publish_ms", result.publishMillis())
                    .put("publish_mb_per_s", result.bytes() / 1e3 / result.publishMillis())
                    .put("load_ms", result.loadMillis())
                    .put("load_mb_per_s", result.bytes() / 1e3 / result.loadMillis())
                    .put("servable_ms", result.servableMillis())
                    .put("snapshot_bytes", result.bytes())
                    .put("learner_bytes", result.learnerBytes())
                    .put("copy_bytes", result.copyBytes())
                    .put("served_bytes", result.servedBytes());
        }
        return root;
    }

    /** A table, a line for each size. */
    public static List<String> table(List<Result> results, double sha256) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, "one SHA-256 of one thread: %.0f MB/s", sha256));
        lines.add("");
        lines.add("     rows   changed  pause ms = copy + pass  publish MB/s / SHA-256  load MB/s / SHA-256"
                + "  servable after s  B/row: trainer publisher server");
        for (Result result : results) {
            double publish = result.bytes() / 1e3 / result.publishMillis();
            double load = result.bytes() / 1e3 / result.loadMillis();
            lines.add(String.format(
                    Locale.ROOT,
                    "%9d %9d %9.1f %6.1f %6.1f %13.0f %9.2f %10.0f %9.2f %17.2f %15d %9d %6d",
                    result.rows(),
                    result.changed(),
                    result.pauseMillis(),
                    result.copyMillis(),
                    result.passMillis(),
                    publish,
                    publish / sha256,
                    load,
                    load / sha256,
                    result.servableMillis() / 1e3,
                    result.learnerBytes() / result.rows(),
                    result.copyBytes() / result.rows(),
                    result.servedBytes() / result.rows()));
        }
        return lines;
    }
}
