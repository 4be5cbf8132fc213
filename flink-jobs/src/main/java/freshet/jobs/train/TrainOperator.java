package freshet.jobs.train;

import freshet.serde.example.ExampleMessage;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** A trainer that nobody commands while it runs, as in a replay; see {@link TrainTask}. */
public final class TrainOperator extends TrainTask implements OneInputStreamOperator<ExampleMessage, TrainRecord> {

    /** The key of the one logical replica that there is so far. */
    public static final int REPLICA = 0;

    private static final long serialVersionUID = 1L;

    public TrainOperator(TrainPlan plan) {
        super(plan);
    }

    @Override
    public void processElement(StreamRecord<ExampleMessage> element) {
        learn(element.getValue());
    }
}
