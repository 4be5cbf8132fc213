package freshet.jobs.gate;

import freshet.jobs.config.FreshetConfig;
import freshet.model.batch.HashedFeatures;
import freshet.model.learn.Learner;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.KeyFiles;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotFile;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Snapshots of a tiny model that learns a little each hour, good ones and bad ones of every kind, and who may sign them. */
public final class GateSnapshots {
    static final long HOUR = 3_600_000;
    /** 2022-04-25T16Z. */
    static final long FIRST = 1_650_902_400_000L;

    static final int USERS = 50;
    private static final int HOURS = 12;

    private final FreshetConfig config;
    private final ManifestSigner stranger;
    private final List<ModelCopy> models = new ArrayList<>();

    /**
     * @param folder for keys
     * @param more lines of the configuration
     */
    public GateSnapshots(Path folder, String more) throws IOException {
        KeyFiles.Pair keys = KeyFiles.write(KeyFiles.newPair(), "k1", folder);
        // The stranger calls his key by the same name.
        KeyFiles.Pair others = KeyFiles.write(KeyFiles.newPair(), "k2", folder);
        stranger = ManifestSigner.load("k1", others.privateKey());
        config = FreshetConfig.parse("tiny", """
                name: tiny
                tasks: [{name: click, label: {kind: click}, horizon: 10m, loss: logistic}]
                features: {ids: [{name: user, field: user_id}]}
                model: {embeddings: [{feature: user, dim: 4}], bottom: [4], tower: [4], tick: 1m, batch: 64}
                snapshots: {signing: {key_file: '%s', key_id: k1}, trusted_keys: {k1: '%s'}}
                %s
                """.formatted(keys.privateKey(), keys.publicKey(), more));
        learn();
    }

    private void learn() {
        Learner learner = new Learner(config.model());
        Random random = new Random(1);
        for (int hour = 0; hour < HOURS; hour++) {
            for (int step = 0; step < 20; step++) {
                List<LabeledExample> batch = new ArrayList<>();
                for (int i = 0; i < 32; i++) {
                    batch.add(example("i" + i, random.nextInt(USERS), FIRST, FIRST, random));
                }
                learner.step(batch, new float[batch.size()]);
            }
            models.add(ModelCopy.of(learner));
        }
    }

    /** One whose label follows from the user, mostly. */
    static LabeledExample example(String id, int user, long shownMillis, long decidedMillis, Random random) {
        FeatureValues features = new FeatureValues(new String[][] {{"u" + user}}, new float[0]);
        boolean clicks = random.nextInt(USERS) < user;
        return new LabeledExample(
                id,
                "u" + user,
                "v",
                shownMillis,
                decidedMillis,
                features,
                List.of(new TaskLabel("click", clicks ? 1 : 0, 1f)));
    }

    public FreshetConfig config() {
        return config;
    }

    public static SnapshotVersion version(int hour) {
        return new SnapshotVersion(FIRST + hour * HOUR);
    }

    public Snapshot good(int hour) throws IOException {
        return withEntropy(hour, 0.8);
    }

    /** The trainer measured so much; as when labels were flipped for a while. */
    public Snapshot withEntropy(int hour, double entropy) throws IOException {
        return snapshot(hour, entropy, config.snapshots().signer());
    }

    Snapshot signedByAStranger(int hour) {
        return snapshot(hour, 0.8, stranger);
    }

    private Snapshot snapshot(int hour, double entropy, ManifestSigner signer) {
        SnapshotMoment moment = new SnapshotMoment(
                1,
                version(hour),
                null,
                Lineage.after(Lineage.START, new byte[] {(byte) hour}),
                hour,
                new TreeMap<>(Map.of(
                        "click",
                        new TreeMap<>(Map.of(
                                "count",
                                20_000.0,
                                "positives",
                                5_000.0,
                                "ne",
                                entropy,
                                "calibration",
                                1.0,
                                "auc",
                                0.75)))),
                List.of(HashedFeatures.of(
                        example("g", hour, FIRST, FIRST, new Random(hour)).features())));
        return new SnapshotWriter(config.name(), config.featuresJson()).write(models.get(hour), moment, signer);
    }

    /** A weight of the last row is not a number; checksums and signature are right. */
    Snapshot withARowThatIsNoNumber(int hour) throws IOException {
        return altered(hour, "rows-00000.safetensors", bytes -> {
            byte[] bad = bytes.clone();
            ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putFloat(bad.length - Float.BYTES, Float.NaN);
            return bad;
        });
    }

    /** Golden rows of another model: this one does not compute what they say. */
    Snapshot withOthersGoldenRows(int hour) throws IOException {
        byte[] others = good(hour + 1).file("golden.json");
        return altered(hour, "golden.json", bytes -> others);
    }

    private interface Change {
        byte[] of(byte[] bytes);
    }

    private Snapshot altered(int hour, String name, Change change) throws IOException {
        Snapshot good = good(hour);
        List<SnapshotFile> files = good.files().stream()
                .map(file -> file.name().equals(name) ? new SnapshotFile(name, change.of(file.bytes())) : file)
                .toList();
        return Snapshot.of(
                good.manifest().description(), files, config.snapshots().signer());
    }
}
