package freshet.jobs.train;

import freshet.serde.control.BadControlException;
import freshet.serde.control.ControlCodec;
import freshet.serde.example.ExampleMessage;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * A trainer with a second input: commands, as the lines of the control topic; see {@link TrainTask}. Its state is that of
 * {@link TrainOperator}.
 */
public final class CommandedTrainOperator extends TrainTask
        implements TwoInputStreamOperator<ExampleMessage, String, TrainRecord> {

    private static final long serialVersionUID = 1L;

    public CommandedTrainOperator(TrainPlan plan) {
        super(plan);
    }

    @Override
    public void processElement1(StreamRecord<ExampleMessage> element) {
        learn(element.getValue());
    }

    @Override
    public void processElement2(StreamRecord<String> element) {
        try {
            obey(ControlCodec.command(element.getValue()));
        } catch (BadControlException e) {
            // It has no id to answer to; whoever wrote it waits in vain and looks here.
            LOG.warn("control topic: passed over a record: {}", e.getMessage());
        }
    }
}
