package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.publish.PublishedRecords;
import freshet.model.snapshot.DeltaFiles;
import freshet.model.snapshot.ModelCopy;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.control.TrainerAnswer;
import freshet.serde.control.TrainerAnswer.Outcome;
import freshet.serde.control.TrainerCommand;
import freshet.serde.control.TrainerCommand.Action;
import freshet.serde.control.TrainerCommand.Resume;
import freshet.serde.control.TrainerCommand.RollBack;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a trainer does when it is told to go on or to go back. */
class CommandsTest {
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;
    private static final long START = ExampleStreams.START_MILLIS;
    private static final FreshetConfig CONFIG = TinyModel.config();
    /** Of the tiny model. */
    private static final long TICK = 5 * MINUTE;

    private final SortedMap<SnapshotVersion, Snapshot> published = new TreeMap<>();
    private final List<TrainRecord> records = new ArrayList<>();

    private SnapshotShelf shelf() {
        return wanted -> {
            Snapshot found = published.get(wanted.version());
            if (found == null || !found.manifest().sha256().equals(wanted.sha256())) {
                throw new BadSnapshotException("no snapshot " + wanted.version() + " here");
            }
            return found;
        };
    }

    private TrainCore newCore(HeapStorage storage) {
        return TrainPlan.of(CONFIG, Optional.empty()).with(shelf()).newCore(storage);
    }

    private static List<LabeledExample> examples(long seed) {
        return ExampleStreams.random(seed, 900, 6 * HOUR, "click", "like").stream()
                .sorted(LabeledExample.ORDER)
                .toList();
    }

    private static Frontier promise(long throughMillis) {
        return new Frontier(0, 1, 0, ExampleStreams.KEY_GROUPS - 1, ExampleStreams.KEY_GROUPS, throughMillis);
    }

    private static TrainerCommand command(String id, long atMillis, Action action) {
        return new TrainerCommand(id, atMillis, action, "test", "because");
    }

    private TrainerCommand rollBack(String id, long atMillis, long hour) {
        SnapshotVersion version = new SnapshotVersion(START + hour * HOUR);
        Snapshot snapshot = published.get(version);
        String sha256 = snapshot == null ? "" : snapshot.manifest().sha256();
        return command(id, atMillis, new RollBack(version, sha256, 0));
    }

    /** Feeds what is decided from one moment to another, promising after each example; publishes. */
    private void feed(TrainCore core, List<LabeledExample> examples, long fromMillis, long toMillis) {
        for (LabeledExample example : examples) {
            if (example.decidedTimeMillis() >= fromMillis && example.decidedTimeMillis() < toMillis) {
                core.accept(example, records::add);
                core.accept(promise(example.decidedTimeMillis() - 1), records::add);
            }
        }
        core.accept(promise(toMillis - 1), records::add);
        publish();
    }

    private void publish() {
        for (Snapshot snapshot : FoldedCuts.snapshots(CONFIG, records)) {
            published.put(snapshot.version(), snapshot);
        }
    }

    private Snapshot published(long hour) {
        return Objects.requireNonNull(published.get(new SnapshotVersion(START + hour * HOUR)));
    }

    private List<TrainerAnswer> answers() {
        return records.stream()
                .filter(TrainRecord.Answered.class::isInstance)
                .map(record -> ((TrainRecord.Answered) record).answer())
                .toList();
    }

    private List<ModelCut> cutsFrom(long fromMillis) {
        return records.stream()
                .filter(TrainRecord.Changed.class::isInstance)
                .map(record -> ((TrainRecord.Changed) record).cut())
                .filter(cut -> cut.asOfMillis() > fromMillis)
                .toList();
    }

    private static List<String> weights(ModelCopy model) {
        return model.files().stream()
                .map(file -> file.name() + " " + HexFormat.of().formatHex(file.bytes()))
                .toList();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void theModelIsThatOfTheSnapshotAndGoesOnFromThere(long seed) throws BadSnapshotException {
        List<LabeledExample> examples = examples(seed);
        TrainCore core = newCore(new HeapStorage());
        feed(core, examples, START, START + 4 * HOUR + 12 * MINUTE);
        long cutBefore = cutsFrom(0).size();
        core.accept(rollBack("b1", TrainerCommand.AS_SOON_AS_POSSIBLE, 2), records::add);
        assertThat(answers()).isEmpty();
        assertThat(core.status().commandsWaiting()).isEqualTo(1);

        long at = START + 4 * HOUR + 15 * MINUTE;
        feed(core, examples, START + 4 * HOUR + 12 * MINUTE, at);
        assertThat(answers()).singleElement().satisfies(answer -> {
            assertThat(answer.outcome()).isEqualTo(Outcome.DONE);
            assertThat(answer.atMillis()).isEqualTo(at);
        });
        Snapshot snapshot = published(2);
        List<String> expected = snapshot.files().stream()
                .filter(file -> file.name().contains("safetensors"))
                .map(file -> file.name() + " " + HexFormat.of().formatHex(file.bytes()))
                .toList();
        assertThat(weights(ModelCopy.of(core.learner()))).containsAll(expected);
        assertThat(core.status().examples())
                .isEqualTo(snapshot.manifest().description().examples());
        assertThat(core.status().snapshotAsOfMillis()).isEqualTo(START + 2 * HOUR);

        long cutAt = cutsFrom(0).size();
        feed(core, examples, at, START + 6 * HOUR);
        List<ModelCut> after = cutsFrom(0).subList((int) cutAt, cutsFrom(0).size());
        assertThat(cutBefore).isPositive();
        // No delta leads over it; then a whole snapshot, whose parent is the one that was gone back to.
        assertThat(after.get(0).base()).isNull();
        assertThat(after.get(0).asOfMillis()).isEqualTo(START + 5 * HOUR);
        assertThat(published(5).manifest().description().parent()).isEqualTo(new SnapshotVersion(START + 2 * HOUR));
        assertThat(after.get(1).base()).isEqualTo(new SnapshotVersion(START + 5 * HOUR));
        // Who follows the cuts has the trainer's model.
        ModelCopy followed = new ModelCopy(CONFIG.model());
        for (ModelCut cut : cutsFrom(0)) {
            followed.apply(DeltaFiles.of(followed.spec(), cut.changes()));
        }
        assertThat(weights(followed)).isEqualTo(weights(ModelCopy.of(core.learner())));
        assertThat(weights(followed)).isNotEqualTo(withoutCommand(seed));
    }

    /** Its deltas lead to a model that is no more: it stands still until there is a whole snapshot of the one that went on. */
    @ParameterizedTest(name = "rolled back {0} minutes into the hour")
    @ValueSource(longs = {5, 30, 55, 60})
    void whoFollowsDeltasGoesOnWithTheNextWholeSnapshot(long minutes) throws Exception {
        List<LabeledExample> examples = examples(6);
        TrainCore core = newCore(new HeapStorage());
        long at = START + 4 * HOUR + minutes * MINUTE;
        feed(core, examples, START, at - MINUTE);
        core.accept(rollBack("b", at, 2), records::add);
        feed(core, examples, at - MINUTE, START + 7 * HOUR);
        assertThat(answers())
                .singleElement()
                .satisfies(answer -> assertThat(answer.atMillis()).isEqualTo(at));

        FollowedTopics reader = new FollowedTopics();
        reader.read(PublishedRecords.of(CONFIG, cutsFrom(0)));
        long next = minutes < 60 ? START + 5 * HOUR : START + 6 * HOUR;
        assertThat(reader.loaded).contains(next);
        assertThat(reader.applied)
                .anyMatch(asOf -> asOf > next)
                .noneMatch(asOf -> asOf > at && asOf <= next)
                .doesNotHaveDuplicates();
        assertThat(weights(reader.model())).isEqualTo(weights(ModelCopy.of(core.learner())));
    }

    private static List<String> withoutCommand(long seed) {
        CommandsTest other = new CommandsTest();
        TrainCore core = other.newCore(new HeapStorage());
        other.feed(core, examples(seed), START, START + 6 * HOUR);
        return weights(ModelCopy.of(core.learner()));
    }

    /** With a time of its own a command is an input like an example: when it arrives does not matter. */
    @Test
    void whenACommandWithATimeArrivesMakesNoDifference() throws IOException {
        List<String> first = null;
        for (long given : new long[] {0, START + 2 * HOUR + MINUTE, START + 3 * HOUR + 29 * MINUTE}) {
            records.clear();
            TrainCore core = newCore(new HeapStorage());
            long from = START;
            // Its snapshot is as every run makes it, so the first one may name what the last one has published.
            if (first == null) {
                CommandsTest before = new CommandsTest();
                before.feed(before.newCore(new HeapStorage()), examples(3), START, START + 2 * HOUR);
                published.putAll(before.published);
            }
            TrainerCommand command = rollBack("b", START + 3 * HOUR + 27 * MINUTE, 1);
            if (given > 0) {
                feed(core, examples(3), START, given);
                from = given;
            }
            core.accept(command, records::add);
            core.accept(command, records::add);
            feed(core, examples(3), from, START + 6 * HOUR);
            assertThat(answers()).hasSize(1);
            assertThat(answers().get(0).atMillis()).isEqualTo(START + 3 * HOUR + 30 * MINUTE);
            List<String> bytes = bytes(records);
            first = first == null ? bytes : first;
            assertThat(bytes).isEqualTo(first);
        }
    }

    @Test
    void itIsCarriedOutOnceThoughTheTrainerIsRestoredInBetween() throws IOException {
        List<LabeledExample> examples = examples(4);
        TrainCore whole = newCore(new HeapStorage());
        feed(whole, examples, START, START + 2 * HOUR);
        TrainerCommand command = rollBack("b", START + 3 * HOUR, 1);
        TrainerCommand resume = command("r", START + 4 * HOUR, new Resume());
        whole.accept(command, records::add);
        whole.accept(resume, records::add);
        feed(whole, examples, START + 2 * HOUR, START + 6 * HOUR);
        List<String> expected = bytes(records);

        records.clear();
        HeapStorage storage = new HeapStorage();
        TrainCore core = newCore(storage);
        feed(core, examples, START, START + 2 * HOUR);
        core.accept(command, records::add);
        core.accept(resume, records::add);
        long from = START + 2 * HOUR;
        for (long cut :
                new long[] {START + 2 * HOUR + 7 * MINUTE, START + 3 * HOUR + MINUTE, START + 5 * HOUR, START + 6 * HOUR
                }) {
            feed(core, examples, from, cut);
            from = cut;
            ByteArrayOutputStream saved = new ByteArrayOutputStream();
            core.save(saved);
            storage = storage.copy();
            TrainCore restored = newCore(storage);
            restored.restore(new ByteArrayInputStream(saved.toByteArray()));
            core.keptModels().forEach(restored::restoreModel);
            core = restored;
            core.accept(command, records::add); // it comes again: the source had read it before the checkpoint
        }
        assertThat(answers()).extracting(TrainerAnswer::id).containsExactly("b", "r");
        assertThat(core.status().commandsDone()).isEqualTo(2);
        assertThat(bytes(records)).isEqualTo(expected);
    }

    @Test
    void whatCannotBeDoneLeavesTheTrainerAsItWas() throws IOException {
        List<LabeledExample> examples = examples(5);
        TrainCore untouched = newCore(new HeapStorage());
        feed(untouched, examples, START, START + 3 * HOUR);
        List<String> expected = bytes(records);

        SnapshotVersion strange = new SnapshotVersion(START + 30 * MINUTE);
        FreshetConfig other = FreshetConfig.fromJson(CONFIG.json().replace("\"seed\":7", "\"seed\":8"));
        Snapshot ofOther = new SnapshotWriter(other.name(), other.featuresJson())
                .write(
                        ModelCopy.of(TrainPlan.of(other, Optional.empty())
                                .newCore(new HeapStorage())
                                .learner()),
                        new SnapshotMoment(1, strange, null, Lineage.START, 0, new TreeMap<>(), List.of()),
                        ManifestSigner.unsigned());
        published.put(strange, ofOther);
        records.clear();
        TrainCore core = newCore(new HeapStorage());
        feed(core, examples, START, START + 2 * HOUR);
        core.accept(rollBack("unknown", 0, 20), records::add);
        core.accept(command("other", 0, new RollBack(strange, ofOther.manifest().sha256(), 0)), records::add);
        SnapshotVersion one = new SnapshotVersion(START + HOUR);
        core.accept(command("content", 0, new RollBack(one, "00", 0)), records::add);
        core.accept(command("future", 0, new RollBack(new SnapshotVersion(START + 9 * HOUR), "", 0)), records::add);
        feed(core, examples, START + 2 * HOUR, START + 3 * HOUR);
        assertThat(answers())
                .allMatch(answer -> answer.outcome() == Outcome.REFUSED)
                .extracting(TrainerAnswer::detail)
                .satisfiesExactly(
                        detail -> assertThat(detail).contains("expected that of the snapshot or later"),
                        detail -> assertThat(detail).contains("the snapshot of another model"),
                        detail -> assertThat(detail).contains("no snapshot 20220425T01Z here"),
                        detail -> assertThat(detail).contains("expected that of the snapshot or later"));
        assertThat(core.status().commandsRefused()).isEqualTo(4);
        records.removeIf(TrainRecord.Answered.class::isInstance);
        assertThat(bytes(records)).isEqualTo(expected);
    }

    @Test
    void ofOneMomentTheFirstThatCameIsCarriedOutFirst() {
        CommandQueue queue = new CommandQueue(TICK);
        queue.add(command("c", 3 * TICK, new Resume()), 0);
        queue.add(command("a", 1, new Resume()), TICK + 1);
        queue.add(command("b", 2 * TICK, new Resume()), 0);
        queue.add(command("a", 9 * TICK, new Resume()), 0);
        List<String> order = new ArrayList<>();
        while (queue.nextMillis() != CommandQueue.NONE) {
            CommandQueue.Waiting next = queue.poll();
            order.add(next.command().id() + " " + next.atMillis() / TICK);
        }
        assertThat(order).containsExactly("a 2", "b 2", "c 3");
    }

    private static List<String> bytes(List<TrainRecord> records) throws IOException {
        List<String> bytes = new ArrayList<>();
        for (TrainRecord record : records) {
            DataOutputSerializer out = new DataOutputSerializer(1024);
            new TrainRecordSerializer().serialize(AscendingRows.of(record), out);
            bytes.add(HexFormat.of().formatHex(out.getCopyOfBuffer()));
        }
        return bytes;
    }
}
