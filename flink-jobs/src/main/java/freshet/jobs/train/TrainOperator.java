package freshet.jobs.train;

import freshet.jobs.warm.WarmStart;
import freshet.model.learn.Learner;
import freshet.serde.example.ExampleMessage;
import freshet.serde.snapshot.Snapshot;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.FloatPrimitiveArraySerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Runs a {@link TrainCore} inside Flink: keyed by {@link #REPLICA}, one subtask. The core holds the model in flat arrays;
 * at a barrier, what has changed since the last one goes to keyed state, so that an incremental checkpoint of RocksDB
 * uploads the rows that were touched and not the table. A restored operator goes on to the bit as the failed one would
 * have.
 *
 * <p>State, all under the one key: {@code rows}, a map from table and id to the row with its optimizer slots;
 * {@code snapshots}, the models that impressions still open were served by; {@code core}, all else as one value.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in initializeState()
public final class TrainOperator extends AbstractStreamOperator<TrainRecord>
        implements OneInputStreamOperator<ExampleMessage, TrainRecord> {

    /** The key of the one logical replica that there is so far. */
    public static final int REPLICA = 0;

    private static final long serialVersionUID = 1L;

    private final TrainPlan plan;

    private transient TrainCore core;
    private transient MapState<RowKey, float[]> rows;
    private transient MapState<Long, byte[]> snapshots;
    private transient ValueState<byte[]> rest;
    /** The snapshots that keyed state holds, by the moment they are as of. */
    private transient Set<Long> storedSnapshots;

    public TrainOperator(TrainPlan plan) {
        this.plan = plan;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        core = plan.newCore();
        storedSnapshots = new HashSet<>();
        setCurrentKey(REPLICA);
        rows = context.getKeyedStateStore()
                .getMapState(new MapStateDescriptor<>(
                        "rows", new RowKeySerializer(), FloatPrimitiveArraySerializer.INSTANCE));
        snapshots = context.getKeyedStateStore()
                .getMapState(new MapStateDescriptor<>(
                        "snapshots", LongSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE));
        rest = context.getKeyedStateStore()
                .getState(new ValueStateDescriptor<>("core", BytePrimitiveArraySerializer.INSTANCE));
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

    private void restore() throws Exception {
        byte[] saved = rest.value();
        if (saved == null) {
            return; // the key group of the replica lies in another subtask, or nothing had come yet
        }
        core.restore(saved);
        for (Map.Entry<RowKey, float[]> row : rows.entries()) {
            core.learner().restoreRow(row.getKey().table(), row.getKey().id(), row.getValue());
        }
        for (Map.Entry<Long, byte[]> snapshot : snapshots.entries()) {
            core.restoreSnapshot(
                    SnapshotBytes.read(new DataInputStream(new ByteArrayInputStream(snapshot.getValue()))));
            storedSnapshots.add(snapshot.getKey());
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        TrainGauges.register(getMetricGroup(), core.learner().spec().tasks(), core::status);
    }

    @Override
    public void processElement(StreamRecord<ExampleMessage> element) {
        core.accept(element.getValue(), record -> output.collect(new StreamRecord<>(record)));
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        setCurrentKey(REPLICA);
        Learner learner = core.learner();
        for (int table = 0; table < learner.tableCount(); table++) {
            int of = table;
            learner.drainDirty(table, (id, row) -> put(new RowKey(of, id), row));
        }
        storeSnapshots(core.keptSnapshots());
        rest.update(core.save());
        super.snapshotState(context);
    }

    @Override
    public void close() throws Exception {
        if (core != null) { // else it was never opened
            core.learner().close();
        }
        super.close();
    }

    private void put(RowKey key, float[] row) {
        try {
            rows.put(key, row.clone()); // the buffer belongs to the learner; a heap backend would keep it
        } catch (Exception e) {
            throw new IllegalStateException("storing " + key + " of the model: the state backend failed", e);
        }
    }

    private void storeSnapshots(Map<Long, Snapshot> kept) throws Exception {
        for (Long forgotten : Set.copyOf(storedSnapshots)) {
            if (!kept.containsKey(forgotten)) {
                snapshots.remove(forgotten);
                storedSnapshots.remove(forgotten);
            }
        }
        for (Map.Entry<Long, Snapshot> snapshot : kept.entrySet()) {
            if (storedSnapshots.add(snapshot.getKey())) {
                snapshots.put(snapshot.getKey(), bytes(snapshot.getValue()));
            }
        }
    }

    private static byte[] bytes(Snapshot snapshot) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        SnapshotBytes.write(snapshot, new DataOutputStream(bytes));
        return bytes.toByteArray();
    }
}
