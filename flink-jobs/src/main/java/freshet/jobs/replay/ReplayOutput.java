package freshet.jobs.replay;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.train.TrainRecord;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.wire.Decimals;
import freshet.serde.wire.ExampleCodec;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes what a trainer puts out to the files of a replay: {@code examples.jsonl}, {@code predictions.csv},
 * {@code metrics.jsonl}, {@code snapshots/<version>/} and, at the end, {@code summary.json} but for its {@code events}. The
 * files depend on the records only, and after a resumption from a {@link Checkpoint} hold each of them once. Not
 * thread-safe.
 */
final class ReplayOutput implements Closeable {
    static final String EXAMPLES = "examples.jsonl";
    static final String PREDICTIONS = "predictions.csv";
    static final String METRICS = "metrics.jsonl";
    static final String SNAPSHOTS = "snapshots";
    static final String SUMMARY = "summary.json";

    private static final String PREDICTIONS_HEADER =
            "impression_id,user_id,event_time,decided_time,task,label,weight,prediction,served";
    private static final int PREDICTION_DECIMALS = 9;

    private static final List<String> LOGISTIC_METRICS =
            List.of("count", "positives", "auc", "log_loss", "ne", "calibration");
    private static final List<String> SQUARED_METRICS = List.of("mse", "mean_label", "mean_prediction");

    private final Path folder;
    private final List<TaskSpec> tasks;
    private final ExampleCodec codec;
    private final AppendFile examples;
    private final AppendFile predictions;
    private final AppendFile metrics;
    private final SnapshotDirectory snapshots;
    private final SnapshotAssembler assembler = new SnapshotAssembler(Long.MAX_VALUE);
    private final StringBuilder row = new StringBuilder();

    private long snapshotCount;
    private String lastVersion;
    private String lastSha256;

    /**
     * How far the files were written.
     *
     * @param examplesBytes length of {@code examples.jsonl}
     * @param predictionsBytes length of {@code predictions.csv}
     * @param metricsBytes length of {@code metrics.jsonl}
     * @param snapshots how many were written
     * @param lastVersion version of the newest; empty before the first
     * @param lastSha256 its checksum; empty before the first
     */
    record Checkpoint(
            long examplesBytes,
            long predictionsBytes,
            long metricsBytes,
            long snapshots,
            String lastVersion,
            String lastSha256) {
        /** Nothing was written. */
        static final Checkpoint START = new Checkpoint(0, 0, 0, 0, "", "");
    }

    /**
     * Opens the files and cuts off what was written after the checkpoint.
     *
     * @param folder made where it is missing
     */
    ReplayOutput(Path folder, ModelSpec model, Checkpoint from) throws IOException {
        this.folder = folder;
        tasks = model.tasks();
        codec = new ExampleCodec(model.schema());
        Files.createDirectories(folder);
        examples = AppendFile.open(folder.resolve(EXAMPLES), from.examplesBytes());
        predictions = AppendFile.open(folder.resolve(PREDICTIONS), from.predictionsBytes());
        metrics = AppendFile.open(folder.resolve(METRICS), from.metricsBytes());
        snapshots = new SnapshotDirectory(folder.resolve(SNAPSHOTS));
        snapshotCount = from.snapshots();
        lastVersion = from.lastVersion();
        lastSha256 = from.lastSha256();
        if (from.predictionsBytes() == 0) {
            predictions.line(PREDICTIONS_HEADER);
        }
    }

    /** Writes a record. */
    void write(TrainRecord record) throws IOException {
        if (record instanceof TrainRecord.Learnt learnt) {
            learnt(learnt);
        } else if (record instanceof TrainRecord.Hour hour) {
            hour(hour);
        } else if (record instanceof TrainRecord.Published published) {
            published(published);
        } else if (record instanceof TrainRecord.Ended ended) {
            JsonFile.write(folder.resolve(SUMMARY), summary(ended));
        }
    }

    private void learnt(TrainRecord.Learnt learnt) throws IOException {
        LabeledExample example = learnt.example();
        examples.line(codec.toJson(example));
        for (int i = 0; i < example.labels().size(); i++) {
            TaskLabel label = example.labels().get(i);
            row.setLength(0);
            csv(example.impressionId()).append(',');
            csv(example.userId()).append(',');
            row.append(example.eventTimeMillis()).append(',');
            row.append(example.decidedTimeMillis()).append(',');
            csv(label.task()).append(',');
            decimals(label.label()).append(',');
            decimals(label.weight()).append(',');
            decimals(learnt.predictions()[i]).append(',');
            decimals(learnt.served()[i]);
            predictions.line(row.toString());
        }
    }

    /** A field, between quotation marks where it would otherwise be read as several (RFC 4180). */
    private StringBuilder csv(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ',' || c == '"' || c == '\n' || c == '\r') {
                return row.append('"').append(text.replace("\"", "\"\"")).append('"');
            }
        }
        return row.append(text);
    }

    /** A number; nothing for one that is not finite. */
    private StringBuilder decimals(float value) {
        return Float.isFinite(value) ? Decimals.append(row, value, PREDICTION_DECIMALS) : row;
    }

    private void hour(TrainRecord.Hour hour) throws IOException {
        for (TaskSpec task : tasks) {
            ObjectNode line = JsonNodeFactory.instance.objectNode();
            line.put("hour", new SnapshotVersion(hour.hourMillis()).toString());
            line.put("event_time", hour.hourMillis());
            line.put("task", task.name());
            putMetrics(line, task, hour.metrics());
            metrics.line(JsonFile.line(line));
        }
    }

    /** The records of a snapshot follow one another, and no checkpoint comes in between: they are of one cut. */
    private void published(TrainRecord.Published published) throws IOException {
        if (published.topic() != TrainRecord.Topic.SNAPSHOTS) {
            return;
        }
        SnapshotAssembly assembly = assembler.accept(published.record());
        if (assembly instanceof SnapshotAssembly.Complete whole) {
            Snapshot snapshot = whole.snapshot();
            snapshots.write(snapshot);
            assembler.markLoaded(snapshot.manifest());
            snapshotCount++;
            lastVersion = snapshot.version().toString();
            lastSha256 = snapshot.manifest().sha256();
        } else if (assembly instanceof SnapshotAssembly.Rejected rejected) {
            throw new IOException("writing a snapshot: its own records were refused: " + rejected.detail());
        }
    }

    private ObjectNode summary(TrainRecord.Ended ended) {
        ObjectNode summary = JsonNodeFactory.instance.objectNode();
        ObjectNode byTask = summary.putObject("tasks");
        for (TaskSpec task : tasks) {
            putMetrics(byTask.putObject(task.name()), task, ended.metrics());
        }
        summary.put("snapshots", snapshotCount);
        if (snapshotCount == 0) {
            summary.putNull("last_snapshot");
        } else {
            summary.putObject("last_snapshot").put("version", lastVersion).put("sha256", lastSha256);
        }
        return summary;
    }

    /**
     * Every basic metric by name, null where it has no value; those of the other kind of loss are null too, or left out. Then
     * those that the configuration asks for, where they have a value.
     */
    private static void putMetrics(
            ObjectNode into, TaskSpec task, SortedMap<String, SortedMap<String, Double>> metrics) {
        Map<String, Double> values = metrics.getOrDefault(task.name(), new TreeMap<>());
        LOGISTIC_METRICS.forEach(name -> putMetric(into, name, values));
        if (!task.loss().isProbability()) {
            SQUARED_METRICS.forEach(name -> putMetric(into, name, values));
        }
        putMetric(into, task.loss().isProbability() ? "served_auc" : "served_mse", values);
        values.keySet().stream().filter(name -> !into.has(name)).forEach(name -> putMetric(into, name, values));
    }

    private static void putMetric(ObjectNode into, String name, Map<String, Double> values) {
        Double value = values.get(name);
        if (value == null) {
            into.putNull(name);
        } else {
            into.set(name, JsonFile.number(value));
        }
    }

    /** Puts everything on the disk, and says how far it goes. */
    Checkpoint checkpoint() throws IOException {
        return new Checkpoint(
                examples.flush(), predictions.flush(), metrics.flush(), snapshotCount, lastVersion, lastSha256);
    }

    @Override
    public void close() throws IOException {
        try (examples;
                predictions;
                metrics) {
            // closes all three, whichever of them fails
        }
    }
}
