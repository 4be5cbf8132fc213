package freshet.jobs.gate;

import freshet.jobs.gate.GateDecision.Hold;
import freshet.jobs.gate.GateDecision.Promote;
import freshet.jobs.gate.GateDecision.Quarantine;
import freshet.jobs.order.KeyedBlocks;
import freshet.jobs.state.PiecedState;
import freshet.serde.example.ExampleMessage;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.InputStream;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link GateCore} and an {@link AsServedCore} inside Flink: records of the snapshot topic on the first input, the examples topic
 * on the second, one subtask, nothing out. What it decides it writes to the registry itself, since a decision is only right
 * together with what was read before it.
 *
 * <p>State, all under the one key: {@code snapshot_records}, the part of the snapshot topic that is still of use; {@code waiting}, blocks
 * of examples that wait; {@code gate_pieces}, all else as one value in pieces. A gate without state, or with an older one, decides
 * nothing differently: the registry is its memory.
 */
@SuppressWarnings("NullAway.Init") // Flink fills the fields in initializeState()
public final class GateOperator extends AbstractStreamOperator<Void>
        implements TwoInputStreamOperator<SnapshotRecord, ExampleMessage, Void>, BoundedMultiInput {

    /** The key of the one model that there is so far. */
    public static final int MODEL = 0;

    private static final long serialVersionUID = 1L;

    /** How often it looks for what a person has decided. */
    private static final long LOOK_EVERY_MILLIS = 10_000;

    private final GatePlan plan;

    private transient GateRegistry registry;
    private transient GateCore gate;
    private transient AsServedCore asServed;
    private transient PiecedState rest;
    /** A record of a snapshot has come since the last look. */
    private transient boolean snapshotsCome;

    private transient volatile GateGauges.@Nullable Standing standing;
    private transient AsServedHour lastHour;

    GateOperator(GatePlan plan) {
        this.plan = plan;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        setCurrentKey(MODEL);
        KeyedStateStore states = context.getKeyedStateStore();
        KeyedRecords records = new KeyedRecords(states.getMapState(new MapStateDescriptor<>(
                "snapshot_records", StringSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE)));
        KeyedBlocks blocks = new KeyedBlocks(states.getMapState(
                new MapStateDescriptor<>("waiting", LongSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE)));
        rest = new PiecedState(states.getMapState(new MapStateDescriptor<>(
                "gate_pieces", IntSerializer.INSTANCE, BytePrimitiveArraySerializer.INSTANCE)));
        lastHour = AsServedHour.NONE;
        registry = plan.registries().connect();
        gate = plan.newCore(registry, records, this::tell);
        asServed = plan.newAsServed(blocks, gate::load, this::hourEnded);
        if (context.isRestored()) {
            try (InputStream saved = rest.read()) {
                if (saved != null) {
                    gate.restore(new DataInputStream(saved));
                    asServed.restore(saved);
                }
            }
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        setCurrentKey(MODEL);
        gate.resume();
        pass();
        GateGauges.register(getMetricGroup(), plan.model(), this::standing);
        lookAgain();
    }

    private GateGauges.Standing standing() {
        GateGauges.Standing now = standing;
        if (now == null) {
            throw new IllegalStateException("the gate was asked how it stands before it was opened");
        }
        return now;
    }

    private void note() {
        standing = new GateGauges.Standing(
                gate.status(), lastHour, asServed.frontierMillis(), asServed.waiting(), asServed.unscored());
    }

    /** Tells the scorer what is live now. */
    private void pass() {
        asServed.decided(gate.promoted(), gate.judgedThroughMillis());
        if (asServed.neededFromMillis() != Long.MIN_VALUE) {
            gate.forgetBefore(new SnapshotVersion(asServed.neededFromMillis()));
        }
        note();
    }

    private void lookAgain() {
        getProcessingTimeService()
                .registerTimer(getProcessingTimeService().getCurrentProcessingTime() + LOOK_EVERY_MILLIS, time -> {
                    look();
                    lookAgain();
                });
    }

    private void look() {
        setCurrentKey(MODEL);
        if (!snapshotsCome) {
            asServed.caughtUp();
        }
        snapshotsCome = false;
        try {
            gate.refresh();
            pass();
        } catch (IllegalStateException e) {
            LOG.warn("{}; looking again in {} s", e.getMessage(), LOOK_EVERY_MILLIS / 1_000);
        }
    }

    @Override
    public void processElement1(StreamRecord<SnapshotRecord> element) {
        snapshotsCome = true;
        if (gate.accept(element.getValue())) {
            pass();
        } else {
            note();
        }
    }

    @Override
    public void processElement2(StreamRecord<ExampleMessage> element) {
        long before = asServed.frontierMillis();
        asServed.accept(element.getValue());
        if (asServed.frontierMillis() != before) {
            note();
        }
    }

    private void tell(GateDecision decision) {
        String version = decision.snapshot().version().toString();
        if (decision instanceof Promote) {
            LOG.info("gate: {} is current now: {}", version, decision.reason());
        } else if (decision instanceof Hold) {
            LOG.info("gate: {} is held: {}", version, decision.reason());
        } else if (decision instanceof Quarantine bad) {
            LOG.warn("gate: {} is quarantined: {}: {}", version, bad.fault().label(), bad.reason());
        } else {
            LOG.debug("gate: {} {}", version, decision.reason());
        }
    }

    private void hourEnded(AsServedHour hour) {
        lastHour = hour;
        AsServedLines.of(hour).forEach(LOG::info);
    }

    @Override
    public void endInput(int input) {
        if (input == 1) {
            setCurrentKey(MODEL);
            asServed.snapshotsEnded();
            note();
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        setCurrentKey(MODEL);
        try (DataOutputStream into = new DataOutputStream(rest.replace())) {
            gate.save(into);
            asServed.save(into);
        }
        super.snapshotState(context);
    }

    @Override
    public void close() throws Exception {
        if (registry != null) { // else it was never initialised
            registry.close();
        }
        super.close();
    }

    /** How it stands, for tests. */
    GateGauges.Standing now() {
        return standing();
    }
}
