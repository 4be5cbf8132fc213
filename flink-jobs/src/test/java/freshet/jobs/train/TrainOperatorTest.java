package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.control.ControlCodec;
import freshet.serde.control.TrainerCommand;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trainer in Flink's harness on RocksDB: killed anywhere, it goes on to the bit. */
class TrainOperatorTest {
    private static final long HOUR = 3_600_000;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void restoreAndContinueEqualsContinue(long seed) throws Exception {
        List<LabeledExample> examples = ExampleStreams.random(seed, 600, 5 * HOUR, "click", "like");
        List<ExampleMessage> messages = ExampleStreams.delivery(seed, examples, 2, 2);
        // Anywhere: among examples that wait for a promise, and with a batch half full.
        int firstCut = middle(messages, messages.size() / 3);
        int secondCut = middle(messages, messages.size() * 2 / 3);

        List<String> whole = new ArrayList<>();
        try (Harness harness = new Harness(TinyModel.mortal(), null)) {
            harness.process(messages, whole);
        }

        // Nothing tells how many rows were in memory: each piece may bound them otherwise.
        FreshetConfig cached = TinyModel.mortalWithCachedRows(2);
        List<String> pieces = new ArrayList<>();
        OperatorSubtaskState first;
        try (Harness harness = new Harness(cached, null)) {
            harness.process(messages.subList(0, firstCut), pieces);
            first = harness.snapshot();
            // Lost with the failure: it comes after the checkpoint and must leave no trace.
            harness.process(messages.subList(firstCut, secondCut), new ArrayList<>());
        }
        OperatorSubtaskState second;
        try (Harness harness = new Harness(TinyModel.mortal(), first)) {
            harness.process(messages.subList(firstCut, secondCut), pieces);
            second = harness.snapshot();
        }
        try (Harness harness = new Harness(cached, second)) {
            harness.process(messages.subList(secondCut, messages.size()), pieces);
        }

        assertThat(pieces).containsExactlyElementsOf(whole);
        assertThat(whole).filteredOn(line -> line.startsWith("Changed")).hasSizeGreaterThan(4);
    }

    /** Told to go on, without a time: what became of it is in the checkpoint, and the source gives the command once. */
    @Test
    void aCommandBeforeACheckpointIsCarriedOutAfterIt() throws Exception {
        List<ExampleMessage> messages =
                ExampleStreams.delivery(6, ExampleStreams.random(6, 600, 5 * HOUR, "click", "like"), 2, 2);
        TrainerCommand command = new TrainerCommand(
                "r", ExampleStreams.START_MILLIS + 3 * HOUR, new TrainerCommand.Resume(), "test", "because");
        int half = middle(messages, messages.size() / 3);
        List<String> whole = new ArrayList<>();
        try (var harness = commanded(null)) {
            harness.processElement2(new StreamRecord<>(ControlCodec.line(command)));
            harness.processElement2(new StreamRecord<>("not a command"));
            process(harness, messages, whole);
        }
        List<String> pieces = new ArrayList<>();
        OperatorSubtaskState saved;
        try (var harness = commanded(null)) {
            harness.processElement2(new StreamRecord<>(ControlCodec.line(command)));
            process(harness, messages.subList(0, half), pieces);
            saved = harness.snapshot(1, 1);
            process(harness, messages.subList(half, messages.size()), new ArrayList<>());
        }
        try (var harness = commanded(saved)) {
            process(harness, messages.subList(half, messages.size()), pieces);
        }
        assertThat(pieces).containsExactlyElementsOf(whole);
        assertThat(whole).filteredOn(line -> line.startsWith("Answered")).hasSize(1);
    }

    private static KeyedTwoInputStreamOperatorTestHarness<Integer, ExampleMessage, String, TrainRecord> commanded(
            @Nullable OperatorSubtaskState restoredFrom) throws Exception {
        var harness = new KeyedTwoInputStreamOperatorTestHarness<Integer, ExampleMessage, String, TrainRecord>(
                new CommandedTrainOperator(TrainPlan.of(TinyModel.config(), Optional.empty())),
                any -> TrainOperator.REPLICA,
                any -> TrainOperator.REPLICA,
                Types.INT);
        harness.setStateBackend(new EmbeddedRocksDBStateBackend(false));
        harness.setup(new TrainRecordSerializer());
        if (restoredFrom != null) {
            harness.initializeState(restoredFrom);
        }
        harness.open();
        return harness;
    }

    private static void process(
            KeyedTwoInputStreamOperatorTestHarness<Integer, ExampleMessage, String, TrainRecord> harness,
            List<ExampleMessage> messages,
            List<String> into)
            throws Exception {
        for (ExampleMessage message : messages) {
            harness.processElement1(new StreamRecord<>(message));
            for (TrainRecord record : harness.extractOutputValues()) {
                into.add(text(record));
            }
            harness.getOutput().clear();
        }
    }

    /** The first place from an index on where an example stands, so that it is not the moment after a promise. */
    private static int middle(List<ExampleMessage> messages, int from) {
        int index = from;
        while (!(messages.get(index - 1) instanceof LabeledExample)) {
            index++;
        }
        return index;
    }

    @Test
    void aBoundOnTheRowsInMemoryNeedsRocksDb() throws Exception {
        TrainOperator operator = new TrainOperator(TrainPlan.of(TinyModel.mortalWithCachedRows(2), Optional.empty()));
        try (var harness =
                new KeyedOneInputStreamOperatorTestHarness<>(operator, any -> TrainOperator.REPLICA, Types.INT)) {
            harness.setStateBackend(new HashMapStateBackend());
            assertThatThrownBy(harness::open).hasStackTraceContaining("found the state backend 'hashmap', expected");
        }
    }

    @Test
    void recordsSurviveTheirSerializer() throws Exception {
        List<ExampleMessage> messages =
                ExampleStreams.delivery(5, ExampleStreams.random(5, 100, 2 * HOUR, "click", "like"), 1, 1);
        TrainCore core = TrainPlan.of(TinyModel.config(), Optional.empty()).newCore(new HeapStorage());
        List<TrainRecord> records = new ArrayList<>();
        messages.forEach(message -> core.accept(message, records::add));
        for (TrainRecord record : records) {
            var out = new DataOutputSerializer(1024);
            var serializer = new TrainRecordSerializer();
            serializer.serialize(record, out);
            var in = new DataInputDeserializer(out.getCopyOfBuffer());
            assertThat(text(serializer.deserialize(in))).isEqualTo(text(record));
            assertThat(in.available()).isZero();
        }
    }

    /** The class of a record and every byte of it; rows, which come in any order, ascending. */
    private static String text(TrainRecord record) throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(1024);
        new TrainRecordSerializer().serialize(AscendingRows.of(record), out);
        return record.getClass().getSimpleName() + " " + HexFormat.of().formatHex(out.getCopyOfBuffer());
    }

    private static final class Harness implements AutoCloseable {
        private final KeyedOneInputStreamOperatorTestHarness<Integer, ExampleMessage, TrainRecord> harness;

        Harness(FreshetConfig config, @Nullable OperatorSubtaskState restoredFrom) throws Exception {
            harness = new KeyedOneInputStreamOperatorTestHarness<>(
                    new TrainOperator(TrainPlan.of(config, Optional.empty())), any -> TrainOperator.REPLICA, Types.INT);
            // Full snapshots: the harness has no coordinator that could fill in what an incremental one refers to.
            harness.setStateBackend(new EmbeddedRocksDBStateBackend(false));
            harness.setup(new TrainRecordSerializer());
            if (restoredFrom != null) {
                harness.initializeState(restoredFrom);
            }
            harness.open();
        }

        void process(List<ExampleMessage> messages, List<String> into) throws Exception {
            for (ExampleMessage message : messages) {
                harness.processElement(new StreamRecord<>(message));
                for (TrainRecord record : harness.extractOutputValues()) {
                    into.add(text(record));
                }
                harness.getOutput().clear();
            }
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
