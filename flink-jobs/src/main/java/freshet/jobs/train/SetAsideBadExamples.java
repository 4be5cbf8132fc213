package freshet.jobs.train;

import freshet.jobs.source.ReadExample;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.example.ExampleMessage;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Hands on what could be decoded, and sets the rest aside as dead letters. Goes into the chain of its source. */
@SuppressWarnings("NullAway.Init") // Flink calls open() first
public final class SetAsideBadExamples extends ProcessFunction<ReadExample, ExampleMessage> {
    private static final long serialVersionUID = 1L;

    /** The records that are neither examples nor frontiers. */
    public static final OutputTag<DeadLetter> DEAD_LETTERS = new OutputTag<>("dead-letters", FreshetTypes.DEAD_LETTER);

    private transient Counter dead;

    @Override
    public void open(OpenContext context) {
        dead = getRuntimeContext().getMetricGroup().counter("dead");
    }

    @Override
    public void processElement(ReadExample record, Context context, Collector<ExampleMessage> out) {
        if (record instanceof ReadExample.Good good) {
            out.collect(good.message());
        } else {
            dead.inc();
            context.output(DEAD_LETTERS, ((ReadExample.Refused) record).letter());
        }
    }
}
