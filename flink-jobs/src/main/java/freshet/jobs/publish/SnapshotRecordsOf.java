package freshet.jobs.publish;

import freshet.jobs.train.TrainRecord;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** Of everything a trainer puts out, the snapshots, each as its records: chunks in order, then the manifest. */
public final class SnapshotRecordsOf implements FlatMapFunction<TrainRecord, SnapshotRecord> {
    private static final long serialVersionUID = 1L;

    @Override
    public void flatMap(TrainRecord record, Collector<SnapshotRecord> out) {
        if (record instanceof TrainRecord.Published published) {
            SnapshotRecords.of(published.snapshot()).forEach(out::collect);
        }
    }
}
