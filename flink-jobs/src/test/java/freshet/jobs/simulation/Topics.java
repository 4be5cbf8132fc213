package freshet.jobs.simulation;

import freshet.jobs.gate.SteppedGate;
import freshet.serde.event.Event;
import freshet.serde.example.FeatureSchema;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.wire.ExampleCodec;
import java.util.ArrayList;
import java.util.List;

/** Everything that outlives a process. */
final class Topics implements SteppedGate.Topic {
    static final int PARTITIONS = 2;

    /** By partition. */
    final List<List<Event>> events = new ArrayList<>();
    /** By partition, as bytes. */
    final List<List<byte[]>> examples = new ArrayList<>();

    final Topic snapshots = new Topic();
    final Topic deltas = new Topic();
    final Topic registry = new Topic();
    final ExampleCodec codec;

    /** Called between a gate's reading of the registry and its writing. */
    Runnable beforeWrite = () -> {};

    /** Called when a gate has written. */
    Runnable afterWrite = () -> {};

    Topics(FeatureSchema schema, List<Event> arrival, Draw draw) {
        codec = new ExampleCodec(schema);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            events.add(new ArrayList<>());
            examples.add(new ArrayList<>());
        }
        arrival.forEach(event -> events.get(draw.below(PARTITIONS)).add(event));
    }

    @Override
    public Registry registry() {
        Registry read = Registry.EMPTY;
        for (Topic.Placed placed : registry.records()) {
            read = with(read, placed);
        }
        return read;
    }

    /** A registry after one more record. */
    static Registry with(Registry before, Topic.Placed next) {
        try {
            return before.with(next.record(), next.offset());
        } catch (BadSnapshotException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public long end() {
        return registry.end();
    }

    @Override
    public boolean write(List<SnapshotRecord> records, long ifEndsAt) {
        beforeWrite.run();
        if (registry.end() != ifEndsAt) {
            records.forEach(aborted -> registry.skipOffset());
            registry.skipOffset();
            return false;
        }
        records.forEach(registry::append);
        registry.skipOffset();
        afterWrite.run();
        return true;
    }

    /** Claims a generation for a trainer. */
    long claim(String by) {
        registry.append(Registry.claim(by));
        return Registry.generationOf(registry.end() - 1);
    }
}
