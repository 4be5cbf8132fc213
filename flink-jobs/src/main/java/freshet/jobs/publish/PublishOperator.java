package freshet.jobs.publish;

import freshet.jobs.train.TrainRecord;
import freshet.model.snapshot.ModelCopy;
import freshet.model.table.RowChanges;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.api.common.typeutils.base.array.FloatPrimitiveArraySerializer;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Runs a {@link PublishCore} inside Flink, as a task of its own behind the trainer, one subtask: what it takes to write a large
 * snapshot is time of this task's thread, while the trainer goes on until the next cut. In the place of each cut come the
 * records for Kafka; all other records pass.
 *
 * <p>State, all under the one key: {@code rows}, the served weights by table and id, of which a checkpoint writes what was
 * touched; {@code publisher}, the generation, the job that claimed it, and the dense parameters.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in initializeState()
public final class PublishOperator extends AbstractStreamOperator<TrainRecord>
        implements OneInputStreamOperator<TrainRecord, TrainRecord> {

    /** The key of the one model that there is so far. */
    public static final int MODEL = 0;

    private static final long serialVersionUID = 1L;
    private static final byte VERSION = 1;
    private static final long MILLIS_PER_NANO = 1_000_000;

    private final PublishPlan plan;

    private transient PublishCore core;
    private transient MapState<RowKey, float[]> rows;
    private transient ValueState<byte[]> rest;
    /** The job that claimed the generation: another one is another deployment. */
    private transient String claimedBy;

    private transient long generation;
    private transient volatile long lastMillis;

    public PublishOperator(PublishPlan plan) {
        this.plan = plan;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        core = plan.newCore();
        claimedBy = "";
        setCurrentKey(MODEL);
        rows = context.getKeyedStateStore()
                .getMapState(new MapStateDescriptor<>(
                        "rows", new RowKeySerializer(), FloatPrimitiveArraySerializer.INSTANCE));
        rest = context.getKeyedStateStore()
                .getState(new ValueStateDescriptor<>("publisher", BytePrimitiveArraySerializer.INSTANCE));
        byte[] saved = context.isRestored() ? rest.value() : null;
        if (saved != null) {
            restore(saved);
        }
    }

    private void restore(byte[] saved) throws Exception {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(saved));
        byte version = in.readByte();
        if (version != VERSION) {
            throw new IOException("restoring the publisher: found version " + version + ", expected " + VERSION
                    + "; the state was written by another release of Freshet, restore it with that one");
        }
        claimedBy = in.readUTF();
        generation = in.readLong();
        core.model().restoreTensors(in.readAllBytes());
        for (Map.Entry<RowKey, float[]> row : rows.entries()) {
            core.model().put(row.getKey().table(), row.getKey().id(), row.getValue());
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        String job = getRuntimeContext().getJobInfo().getJobId().toString();
        if (!claimedBy.equals(job)) {
            // A restart by Flink keeps its number and sends the same bytes; a new job, also one from a savepoint, must
            // win.
            generation = plan.generations().claim("job " + job);
            claimedBy = job;
            LOG.info("publishing as generation {}", generation);
        }
        gauge("generation", () -> generation);
        gauge("snapshotsPublished", core::snapshots);
        gauge("deltasPublished", core::deltasSent);
        gauge("snapshotBytes", core::newestBytes);
        gauge("lastPublishMillis", () -> lastMillis);
    }

    private void gauge(String name, Gauge<Long> gauge) {
        getMetricGroup().gauge(name, gauge);
    }

    @Override
    public void processElement(StreamRecord<TrainRecord> element) {
        if (element.getValue() instanceof TrainRecord.Changed changed) {
            long start = System.nanoTime();
            core.accept(
                    changed.cut(), generation, published -> output.collect(new StreamRecord<TrainRecord>(published)));
            lastMillis = (System.nanoTime() - start) / MILLIS_PER_NANO;
        } else {
            output.collect(element);
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        setCurrentKey(MODEL);
        ModelCopy model = core.model();
        for (int table = 0; table < model.spec().tables().size(); table++) {
            model.drainTouched(table, new Store(table));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeByte(VERSION);
        out.writeUTF(claimedBy);
        out.writeLong(generation);
        out.write(model.saveTensors());
        rest.update(bytes.toByteArray());
        super.snapshotState(context);
    }

    /** Puts what was touched in one table into state. */
    private final class Store implements RowChanges {
        private final int table;

        Store(int table) {
            this.table = table;
        }

        @Override
        public void touched(long id, float[] weights) {
            try {
                rows.put(new RowKey(table, id), weights.clone()); // the buffer is the model's
            } catch (Exception e) {
                throw failed(id, e);
            }
        }

        @Override
        public void removed(long id) {
            try {
                rows.remove(new RowKey(table, id));
            } catch (Exception e) {
                throw failed(id, e);
            }
        }

        private IllegalStateException failed(long id, Exception e) {
            return new IllegalStateException(
                    "storing row " + id + " of table " + table + " of the published model: the state backend failed",
                    e);
        }
    }
}
