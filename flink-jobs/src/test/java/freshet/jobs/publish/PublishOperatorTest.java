package freshet.jobs.publish;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.train.ModelCut;
import freshet.jobs.train.TrainRecord;
import freshet.jobs.train.TrainRecord.Published;
import freshet.jobs.train.TrainRecord.Topic;
import freshet.jobs.train.TrainRecordSerializer;
import freshet.model.batch.HashedFeatures;
import freshet.model.learn.Learner;
import freshet.model.snapshot.ModelChanges;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotModel;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.DeltaAssembler;
import freshet.serde.snapshot.KeyFiles;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.snapshot.TrustedKeys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A publisher that is halted anywhere: readers have each model once and whole, and a new deployment wins. */
class PublishOperatorTest {
    private static final long FIRST = 1_650_902_400_000L;
    private static final long MINUTE = 60_000;
    private static final int CUTS_PER_HOUR = 3;
    private static final int HOURS = 3;
    private static final JobID JOB = new JobID(1, 2);

    @TempDir
    static Path folder;

    private static FreshetConfig config;
    private static TrustedKeys trusted;
    private static List<ModelCut> cuts;

    @BeforeAll
    static void learn() throws Exception {
        KeyFiles.Pair keys = KeyFiles.write(KeyFiles.newPair(), "k1", folder);
        trusted = TrustedKeys.load(Map.of("k1", keys.publicKey()));
        config = FreshetConfig.parse("tiny", """
                name: tiny
                tasks: [{name: click, label: {kind: click}, horizon: 10m, loss: logistic}]
                features: {ids: [{name: user, field: user_id}]}
                model: {embeddings: [{feature: user, dim: 4}], bottom: [4], tower: [4], tick: 1m}
                snapshots: {signing: {key_file: '%s', key_id: k1}}
                """.formatted(keys.privateKey()));
        cuts = cuts();
    }

    private static List<ModelCut> cuts() {
        Learner learner = new Learner(config.model());
        learner.trackChanges();
        Random random = new Random(1);
        List<ModelCut> made = new ArrayList<>();
        String lineage = Lineage.START;
        @Nullable SnapshotVersion base = null;
        for (int hour = 1; hour <= HOURS; hour++) {
            for (int cut = 1; cut <= CUTS_PER_HOUR; cut++) {
                List<LabeledExample> batch = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    String user = "u" + random.nextInt(200);
                    FeatureValues features = new FeatureValues(new String[][] {{user}}, new float[0]);
                    TaskLabel label = new TaskLabel("click", random.nextInt(2), 1f);
                    batch.add(new LabeledExample("i" + i, user, "v", FIRST, FIRST, features, List.of(label)));
                }
                learner.step(batch, new float[batch.size()]);
                String before = lineage;
                lineage = Lineage.after(lineage, new byte[] {(byte) cut});
                boolean hourEnds = cut == CUTS_PER_HOUR;
                long asOf = FIRST + (hour - 1) * 60 * MINUTE + (hourEnds ? 60 : cut) * MINUTE;
                if (base != null || hourEnds) {
                    List<HashedFeatures> golden =
                            List.of(HashedFeatures.of(batch.get(0).features()));
                    made.add(new ModelCut(
                            asOf,
                            base,
                            cut,
                            base == null ? Lineage.START : before,
                            lineage,
                            8L * made.size(),
                            ModelChanges.take(learner),
                            hourEnds ? new ModelCut.Hour(base, new TreeMap<>(), golden) : null));
                }
                if (hourEnds) {
                    base = new SnapshotVersion(asOf);
                }
            }
        }
        return made;
    }

    private static List<Published> published(GenerationClaim generations) throws Exception {
        try (Harness harness = new Harness(generations, null)) {
            return harness.process(cuts);
        }
    }

    /** What a server gets of these records: the versions it loaded, then the lineage it ended with. */
    private static List<String> read(List<Published> records) throws Exception {
        SnapshotAssembler snapshots = new SnapshotAssembler(64 << 20, trusted);
        DeltaAssembler deltas = new DeltaAssembler(64 << 20, trusted);
        List<String> loaded = new ArrayList<>();
        @Nullable ModelCopy model = null;
        for (Published published : records) {
            if (published.topic() == Topic.DELTAS) {
                deltas.accept(published.record());
            } else if (snapshots.accept(published.record()) instanceof SnapshotAssembly.Complete whole) {
                Snapshot snapshot = whole.snapshot();
                loaded.add(snapshot.version() + " " + snapshot.manifest().sha256());
                if (model != null) {
                    assertSame(model, snapshot);
                }
                SnapshotModel.of(snapshot);
                model = ModelCopy.of(snapshot);
                snapshots.markLoaded(snapshot.manifest());
                deltas.follow(snapshot.manifest());
            }
            for (var next = deltas.next(); next.isPresent() && model != null; next = deltas.next()) {
                model.apply(next.get().files());
                deltas.markApplied(next.get().manifest());
            }
        }
        return loaded;
    }

    private static void assertSame(ModelCopy model, Snapshot snapshot) throws Exception {
        for (SnapshotFile file : model.files()) {
            if (!file.name().equals("model.json")) {
                assertThat(file.bytes()).as(file.name()).isEqualTo(snapshot.file(file.name()));
            }
        }
    }

    private static String text(Published published) {
        SnapshotRecord record = published.record();
        return published.topic() + " " + record.key() + " " + HexFormat.of().formatHex(record.value());
    }

    private static List<String> texts(List<Published> records) {
        return records.stream().map(PublishOperatorTest::text).toList();
    }

    @Test
    void deltasLeadFromEachSnapshotToTheNext() throws Exception {
        assertThat(read(published(by -> 1)))
                .extracting(line -> line.substring(0, 12))
                .containsExactly("20220425T17Z", "20220425T18Z", "20220425T19Z");
    }

    /** The checkpoint may be of any moment before the halt: everything since comes again. */
    @Test
    void haltedAfterEverySingleRecordNothingIsLostAndNothingDiffers() throws Exception {
        List<Published> whole = published(by -> 1);
        List<String> expected = read(whole);
        List<List<Published>> ofCut = new ArrayList<>();
        List<OperatorSubtaskState> checkpoints = new ArrayList<>();
        try (Harness harness = new Harness(by -> 1, null)) {
            for (ModelCut cut : cuts) {
                checkpoints.add(harness.snapshot());
                ofCut.add(harness.process(List.of(cut)));
            }
        }
        int sent = 0;
        for (int cut = 0; cut < cuts.size(); cut++) {
            List<Published> again;
            // A restart by Flink: the job is the same, so nobody may ask for a number.
            try (Harness restored = new Harness(
                    by -> {
                        throw new AssertionError("a restart claims nothing");
                    },
                    checkpoints.get(cut))) {
                again = restored.process(cuts.subList(cut, cuts.size()));
            }
            assertThat(texts(again)).isEqualTo(texts(whole.subList(sent, whole.size())));
            for (int halt = 0; halt <= ofCut.get(cut).size(); halt++) {
                List<Published> topic = new ArrayList<>(whole.subList(0, sent + halt));
                topic.addAll(again);
                assertThat(read(topic)).isEqualTo(expected);
            }
            sent += ofCut.get(cut).size();
        }
        assertThat(sent).isEqualTo(whole.size());
    }

    @Test
    void aSecondDeploymentClaimsALargerNumberAndTheFirstIsNotListenedTo() throws Exception {
        List<Published> first = published(by -> 1);
        List<Published> second = published(by -> 2);
        List<Published> topic = new ArrayList<>(second.subList(0, second.size() / 2));
        topic.addAll(first);
        int before = read(second.subList(0, second.size() / 2)).size();
        assertThat(read(topic)).hasSize(before);
        topic.addAll(second);
        assertThat(read(topic)).hasSize(HOURS);
        assertThat(read(topic)).isEqualTo(read(first)); // the content is a function of the events alone
    }

    @Test
    void withoutDeltasTheSnapshotsAreTheSame() throws Exception {
        List<Published> with = published(by -> 1);
        try (Harness harness = new Harness(config.forReplay(), by -> 1, null)) {
            List<Published> without = harness.process(cuts);
            assertThat(without).allSatisfy(record -> assertThat(record.topic()).isEqualTo(Topic.SNAPSHOTS));
            assertThat(texts(without))
                    .isEqualTo(texts(with.stream()
                            .filter(record -> record.topic() == Topic.SNAPSHOTS)
                            .toList()));
        }
    }

    private static final class Harness implements AutoCloseable {
        private final KeyedOneInputStreamOperatorTestHarness<Integer, TrainRecord, TrainRecord> harness;

        Harness(GenerationClaim generations, @Nullable OperatorSubtaskState restoredFrom) throws Exception {
            this(config, generations, restoredFrom);
        }

        Harness(FreshetConfig config, GenerationClaim generations, @Nullable OperatorSubtaskState restoredFrom)
                throws Exception {
            harness = new KeyedOneInputStreamOperatorTestHarness<>(
                    new PublishOperator(new PublishPlan(config.json(), generations)),
                    any -> PublishOperator.MODEL,
                    Types.INT,
                    new MockEnvironmentBuilder().setJobID(JOB).build());
            harness.setStateBackend(new EmbeddedRocksDBStateBackend(false));
            harness.setup(new TrainRecordSerializer());
            if (restoredFrom != null) {
                harness.initializeState(restoredFrom);
            }
            harness.open();
        }

        List<Published> process(List<ModelCut> some) throws Exception {
            for (ModelCut cut : some) {
                harness.processElement(new StreamRecord<>(new TrainRecord.Changed(cut)));
            }
            List<Published> records = harness.extractOutputValues().stream()
                    .map(Published.class::cast)
                    .toList();
            harness.getOutput().clear();
            return records;
        }

        OperatorSubtaskState snapshot() throws Exception {
            return harness.snapshot(1, 1);
        }

        @Override
        public void close() throws Exception {
            harness.close();
        }
    }
}
