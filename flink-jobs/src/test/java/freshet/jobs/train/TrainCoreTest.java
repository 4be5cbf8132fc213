package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.config.FreshetConfig;
import freshet.model.learn.Learner;
import freshet.model.snapshot.DeltaFiles;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotScorer;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trainer against a slow reference: sort everything, keep every snapshot, loop. */
class TrainCoreTest {
    private static final long HOUR = 3_600_000;

    private static final FreshetConfig CONFIG = TinyModel.mortal().forReplay();

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void givesTheSameBitsForAnyDeliveryAndAnyRestart(long seed) throws IOException {
        Random random = new Random(seed);
        List<LabeledExample> examples = ExampleStreams.random(seed, 500, 6 * HOUR, "click", "like");
        List<ExampleMessage> delivery =
                ExampleStreams.delivery(seed, examples, 1 + random.nextInt(4), 1 + random.nextInt(3));

        List<TrainRecord> records = new ArrayList<>();
        Saved saved = new Saved(seed % 2 == 0 ? CONFIG : withDeltas(TinyModel.mortalWithCachedRows(3)));
        TrainCore core = saved.newCore();
        for (ExampleMessage message : delivery) {
            if (random.nextInt(100) == 0) {
                saved.save(core);
                core = saved.restore();
            }
            core.accept(message, records::add);
        }

        assertThat(texts(records)).containsExactlyElementsOf(reference(examples));
        assertThat(core.status().buffered()).isZero();
        assertThat(core.status().examples()).isEqualTo(examples.size());
    }

    @Test
    void measuresPredictionsByHourAndOverall() {
        List<LabeledExample> examples = ExampleStreams.random(3, 2_000, 4 * HOUR, "click", "like");
        List<TrainRecord> records = new ArrayList<>();
        TrainCore core = newCore();
        ExampleStreams.delivery(3, examples, 1, 1).forEach(message -> core.accept(message, records::add));

        TrainRecord.Ended ended = (TrainRecord.Ended) records.get(records.size() - 1);
        assertThat(click(ended.metrics(), "count")).isEqualTo(2_000.0);
        // Labels follow from user and video but for one in five; a model that learns finds most of it.
        assertThat(click(ended.metrics(), "auc")).isGreaterThan(0.65);
        assertThat(click(ended.metrics(), "served_auc")).isBetween(0.55, 0.85);
        double byHour = records.stream()
                .filter(TrainRecord.Hour.class::isInstance)
                .mapToDouble(hour -> click(((TrainRecord.Hour) hour).metrics(), "count"))
                .sum();
        assertThat(byHour).isEqualTo(2_000.0);
    }

    private static double click(SortedMap<String, SortedMap<String, Double>> metrics, String name) {
        return metrics.getOrDefault("click", new TreeMap<>()).getOrDefault(name, Double.NaN);
    }

    @Test
    void endsOnceThoughTheEndIsPromisedAgain() {
        List<TrainRecord> records = new ArrayList<>();
        TrainCore core = newCore();
        Frontier end = new Frontier(0, 1, 0, 7, 8, Frontier.END);
        core.accept(end, records::add);
        core.accept(end, records::add);
        assertThat(records).singleElement().isInstanceOf(TrainRecord.Ended.class);
    }

    @Test
    void refusesTheStateOfAnotherModel() throws IOException {
        byte[] saved = saved(newCore());
        FreshetConfig other = FreshetConfig.fromJson(CONFIG.json().replace("\"seed\":7", "\"seed\":8"));
        assertThatThrownBy(() -> restore(TrainPlan.of(other, Optional.empty()), saved))
                .hasMessageContaining("found the state of another model");
    }

    /** The model block is the same, but each tower and column would belong to the other task. */
    @Test
    void refusesTheStateOfTasksInAnotherOrder() throws IOException {
        byte[] saved = saved(newCore());
        String swapped = CONFIG.json()
                .replace("\"name\":\"click\"", "\"name\":\"?\"")
                .replace("\"name\":\"like\"", "\"name\":\"click\"")
                .replace("\"name\":\"?\"", "\"name\":\"like\"");
        assertThatThrownBy(() -> restore(TrainPlan.of(FreshetConfig.fromJson(swapped), Optional.empty()), saved))
                .hasMessageContaining("found the state of another model");
    }

    private static TrainCore newCore() {
        return TrainPlan.of(CONFIG, Optional.empty()).newCore(new HeapStorage());
    }

    private static void restore(TrainPlan plan, byte[] saved) throws IOException {
        plan.newCore(new HeapStorage()).restore(new ByteArrayInputStream(saved));
    }

    private static byte[] saved(TrainCore core) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        core.save(bytes);
        return bytes.toByteArray();
    }

    /** A checkpoint: what the operator keeps in keyed state. */
    private static final class Saved {
        private final TrainPlan plan;
        /** What the running core writes to. */
        private HeapStorage live = new HeapStorage();

        private HeapStorage storage = live;
        private byte[] core = new byte[0];
        private Map<Long, ModelCopy> models = Map.of();

        Saved(FreshetConfig config) {
            plan = TrainPlan.of(config, Optional.empty());
        }

        TrainCore newCore() {
            return plan.newCore(live);
        }

        void save(TrainCore from) throws IOException {
            core = saved(from);
            storage = live.copy();
            models = Map.copyOf(from.keptModels());
        }

        TrainCore restore() throws IOException {
            live = storage.copy();
            TrainCore restored = newCore();
            restored.restore(new ByteArrayInputStream(core));
            models.forEach(restored::restoreModel);
            return restored;
        }
    }

    private static FreshetConfig withDeltas(FreshetConfig config) {
        String json = config.json();
        return FreshetConfig.fromJson(
                "{\"snapshots\":{\"as_served\":true,\"delta_every\":\"10m\"}," + json.substring(1));
    }

    /**
     * Everything of the records but metrics, which have tests of their own; of the cuts, what a reader gets who sees nothing
     * else: the model of each hour.
     */
    private static List<String> texts(List<TrainRecord> records) throws IOException {
        ModelCopy model = new ModelCopy(CONFIG.model());
        List<String> texts = new ArrayList<>();
        String lineage = Lineage.START;
        for (TrainRecord record : records) {
            if (record instanceof TrainRecord.Changed changed) {
                ModelCut cut = changed.cut();
                assertThat(cut.lineageBefore()).isEqualTo(lineage);
                lineage = cut.lineage();
                model.apply(DeltaFiles.of(model.spec(), cut.changes()));
                if (cut.hour() != null) {
                    texts.add(text(new SnapshotVersion(cut.asOfMillis()), cut.examples(), model));
                }
            } else {
                texts.add(text(record));
            }
        }
        return texts;
    }

    private static String text(SnapshotVersion version, long examples, ModelCopy model) {
        SnapshotMoment moment =
                new SnapshotMoment(0, version, null, Lineage.START, examples, new TreeMap<>(), List.of());
        Snapshot snapshot = new SnapshotWriter(CONFIG.name(), CONFIG.featuresJson())
                .write(model, moment, ManifestSigner.unsigned());
        return "snapshot " + version + " " + snapshot.manifest().sha256();
    }

    private static String text(TrainRecord record) {
        if (record instanceof TrainRecord.Learnt learnt) {
            return learnt.example().impressionId() + " " + Arrays.toString(learnt.predictions()) + " "
                    + Arrays.toString(learnt.served());
        } else if (record instanceof TrainRecord.Hour hour) {
            return "hour " + new SnapshotVersion(hour.hourMillis());
        }
        return "end";
    }

    private static List<String> reference(List<LabeledExample> examples) throws IOException {
        int tasks = CONFIG.model().taskCount();
        long tick = CONFIG.model().tick().toMillis();
        Learner learner = new Learner(CONFIG.model());
        SnapshotWriter writer = new SnapshotWriter(CONFIG.name(), CONFIG.featuresJson());
        TreeMap<Long, SnapshotScorer> published = new TreeMap<>();
        List<LabeledExample> sorted = new ArrayList<>(examples);
        sorted.sort(LabeledExample.ORDER);
        List<String> log = new ArrayList<>();
        List<LabeledExample> batch = new ArrayList<>();
        for (int next = 0; next < sorted.size(); next++) {
            long decided = sorted.get(next).decidedTimeMillis();
            batch.add(sorted.get(next));
            long following = next + 1 < sorted.size() ? sorted.get(next + 1).decidedTimeMillis() : Long.MAX_VALUE;
            boolean hourEnds = following / HOUR > decided / HOUR;
            if (batch.size() == CONFIG.model().batchSize() || following / tick > decided / tick || hourEnds) {
                float[] predictions = new float[batch.size() * tasks];
                learner.advance(batch.get(0).decidedTimeMillis());
                learner.step(batch, predictions);
                for (int row = 0; row < batch.size(); row++) {
                    LabeledExample example = batch.get(row);
                    float[] served = new float[tasks];
                    Arrays.fill(served, Float.NaN);
                    var live = published.floorEntry(example.eventTimeMillis());
                    if (live != null) {
                        live.getValue().score(example.features(), served);
                    }
                    float[] predicted = Arrays.copyOfRange(predictions, row * tasks, (row + 1) * tasks);
                    log.add(example.impressionId() + " " + Arrays.toString(ofLabels(example, predicted)) + " "
                            + Arrays.toString(ofLabels(example, served)));
                }
                batch.clear();
            }
            if (hourEnds) {
                SnapshotVersion version = new SnapshotVersion((decided / HOUR + 1) * HOUR);
                learner.advance(version.eventTimeMillis());
                Snapshot snapshot = writer.write(
                        learner,
                        new SnapshotMoment(0, version, null, Lineage.START, next + 1, new TreeMap<>(), List.of()));
                published.put(version.eventTimeMillis(), new SnapshotScorer(snapshot));
                log.add("hour " + new SnapshotVersion(decided / HOUR * HOUR));
                log.add(text(version, next + 1, ModelCopy.of(learner)));
            }
        }
        log.add("end");
        return log;
    }

    private static float[] ofLabels(LabeledExample example, float[] byTask) {
        float[] byLabel = new float[example.labels().size()];
        for (int i = 0; i < byLabel.length; i++) {
            byLabel[i] = byTask[CONFIG.model().taskIndex(example.labels().get(i).task())];
        }
        return byLabel;
    }
}
