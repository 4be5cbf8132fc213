package freshet.jobs.gate;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.example.ExampleMessage;
import freshet.serde.snapshot.SnapshotRecord;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;

/** The gate in a graph. Called where a job is put together. */
public final class GateGraph {
    private GateGraph() {}

    /**
     * Puts it behind the records of the snapshot topic and the examples with their frontiers; nothing comes out.
     *
     * @param uid under which a savepoint remembers its state
     */
    public static void build(
            FreshetConfig config,
            DataStream<SnapshotRecord> snapshots,
            DataStream<ExampleMessage> examples,
            String uid) {
        snapshots
                .keyBy(any -> GateOperator.MODEL, Types.INT)
                .connect(examples.keyBy(any -> GateOperator.MODEL, Types.INT))
                .transform("Gate", Types.VOID, new GateOperator(GatePlan.of(config)))
                .uid(uid)
                .setDescription("Loads each snapshot as a server does, promotes or quarantines it in the topic "
                        + config.topics().modelRegistry() + "; scores examples as they were served")
                .setParallelism(1);
    }
}
