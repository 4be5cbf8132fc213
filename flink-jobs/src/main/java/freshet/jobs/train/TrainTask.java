package freshet.jobs.train;

import freshet.jobs.guard.GuardTrip;
import freshet.jobs.metric.StandingCount;
import freshet.jobs.order.KeyedBlocks;
import freshet.jobs.order.WaitingBlocks;
import freshet.jobs.state.PiecedState;
import freshet.jobs.warm.WarmStart;
import freshet.model.learn.Learner;
import freshet.model.snapshot.ModelCopy;
import freshet.model.table.RowStore;
import freshet.serde.control.TrainerAnswer;
import freshet.serde.control.TrainerCommand;
import freshet.serde.example.ExampleMessage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.FloatPrimitiveArraySerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link TrainCore} inside Flink, whatever its inputs are: keyed by {@link TrainOperator#REPLICA}, one subtask. The core holds the model in flat arrays, all
 * of it or the part in use; what has changed goes to keyed state, some after every batch and the rest at a barrier, so that an
 * incremental checkpoint of RocksDB uploads the rows that were touched and not the table. A restored operator goes on to
 * the bit as the failed one would have.
 *
 * <p>State, all under the one key: {@code model_rows}, a map from id to the row with its optimizer slots, one namespace for
 * each table; {@code waiting}, blocks of examples that wait and are not kept in memory; {@code served_models}, the models that
 * impressions still open were served by; {@code core_pieces}, all else as one value in pieces.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in initializeState()
abstract class TrainTask extends AbstractStreamOperator<TrainRecord> {

    private static final int REPLICA = TrainOperator.REPLICA;
    private static final long serialVersionUID = 1L;
    private static final String ORDERED_BACKEND = "rocksdb";

    private final TrainPlan plan;

    private transient TrainCore core;
    private transient MapState<Long, byte[]> models;
    private transient PiecedState rest;
    /** The models that keyed state holds, by the moment they are as of. */
    private transient Set<Long> storedModels;
    /** What the log says of the guard. */
    private transient @Nullable GuardTrip toldOf;

    TrainTask(TrainPlan plan) {
        this.plan = plan;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        setCurrentKey(REPLICA);
        KeyedStateStore states = context.getKeyedStateStore();
        models = states.getMapState(new MapStateDescriptor<>(
                "served_models", LongSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE));
        rest = new PiecedState(states.getMapState(new MapStateDescriptor<>(
                "core_pieces", IntSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE)));
        core = plan.newCore(storage(states));
        storedModels = new HashSet<>();
        if (context.isRestored()) {
            restore();
        } else if (plan.warmStart().isPresent()) {
            warmUp(plan.warmStart().get());
        }
    }

    /** Only a new model: a restored one has learnt this already. */
    private void warmUp(WarmStart warm) throws IOException {
        long examples = warm.forEachBatch(batch -> {
            core.warmUp(batch);
            if (Thread.currentThread().isInterrupted()) {
                throw new CancellationException("the job was cancelled during its warm start");
            }
        });
        LOG.info("warm start: learnt {} examples from before the stream", examples);
    }

    private TrainStorage storage(KeyedStateStore states) {
        String backend = getKeyedStateBackend().getBackendTypeIdentifier();
        if (plan.boundsRowsInMemory() && !backend.equals(ORDERED_BACKEND)) {
            throw new IllegalStateException(
                    "starting the trainer: found the state backend '" + backend + "', expected '"
                            + ORDERED_BACKEND
                            + "', since the configuration bounds the rows in memory (train.cached_rows): only it"
                            + " keeps the others in order, and not in memory; set state.backend.type or drop the bound");
        }
        MapStateDescriptor<Long, float[]> descriptor =
                new MapStateDescriptor<>("model_rows", new RowIdSerializer(), FloatPrimitiveArraySerializer.INSTANCE);
        WaitingBlocks waiting = new KeyedBlocks(states.getMapState(
                new MapStateDescriptor<>("waiting", LongSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE)));
        return new TrainStorage() {
            @Override
            public RowStore rows(int table) {
                return new KeyedRowStore(of -> getPartitionedState(of, IntSerializer.INSTANCE, descriptor), table);
            }

            @Override
            public WaitingBlocks waiting() {
                return waiting;
            }
        };
    }

    private void restore() throws Exception {
        try (InputStream saved = rest.read()) {
            if (saved == null) {
                return; // the key group of the replica lies in another subtask, or nothing had come yet
            }
            core.restore(saved);
        }
        for (Map.Entry<Long, byte[]> model : models.entries()) {
            DataInputStream files = new DataInputStream(new ByteArrayInputStream(model.getValue()));
            core.restoreModel(model.getKey(), ModelCopy.of(ModelCutBytes.readFiles(files)));
            storedModels.add(model.getKey());
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        TrainGauges.register(getMetricGroup(), core.learner().spec(), plan.metrics(), core::status);
        StandingCount.show(
                getRuntimeContext(), "examples_learnt", () -> core.status().examples());
        StandingCount.show(
                getRuntimeContext(), "snapshots_cut", () -> core.status().snapshots());
    }

    /** Takes an example or a promise in, and does everything that it makes due. */
    void learn(ExampleMessage message) {
        core.accept(message, this::emit);
        tellOfGuard();
    }

    /** Takes a command in. */
    void obey(TrainerCommand command) {
        LOG.info("command {}: {} wants {}: {}", command.id(), command.by(), command.action(), command.reason());
        core.accept(command, this::emit);
        tellOfGuard();
    }

    private void emit(TrainRecord record) {
        if (record instanceof TrainRecord.Answered answered) {
            TrainerAnswer answer = answered.answer();
            LOG.warn(
                    "command {}: {} at {}: {}",
                    answer.id(),
                    answer.outcome(),
                    Instant.ofEpochMilli(answer.atMillis()),
                    answer.detail());
        }
        output.collect(new StreamRecord<>(record));
    }

    private void tellOfGuard() {
        GuardTrip trip = core.status().guardTrip();
        if (Objects.equals(trip, toldOf)) {
            return;
        }
        if (trip != null) {
            LOG.warn(
                    "guard: learning stops and no snapshot is published: {}: {}",
                    trip.reason().label(),
                    trip.detail());
        } else {
            LOG.info("guard: learning goes on");
        }
        toldOf = trip;
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        setCurrentKey(REPLICA);
        storeModels(core.keptModels());
        try (OutputStream into = rest.replace()) {
            core.save(into);
        }
        super.snapshotState(context);
    }

    @Override
    public void close() throws Exception {
        if (core != null) { // else it was never opened
            core.learner().close();
        }
        super.close();
    }

    /** The model, for tests. */
    Learner learner() {
        return core.learner();
    }

    private void storeModels(Map<Long, ModelCopy> kept) throws Exception {
        for (Long forgotten : Set.copyOf(storedModels)) {
            if (!kept.containsKey(forgotten)) {
                models.remove(forgotten);
                storedModels.remove(forgotten);
            }
        }
        for (Map.Entry<Long, ModelCopy> model : kept.entrySet()) {
            if (storedModels.add(model.getKey())) {
                models.put(model.getKey(), bytes(model.getValue()));
            }
        }
    }

    private static byte[] bytes(ModelCopy model) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ModelCutBytes.writeFiles(model.files(), new DataOutputStream(bytes));
        return bytes.toByteArray();
    }
}
