package freshet.jobs.sink;

import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** Copies every frontier to each partition of the examples topic, since a reader of one partition must find it there. */
public final class FrontierToPartitions implements FlatMapFunction<ExampleMessage, ExampleMessage> {
    private static final long serialVersionUID = 1L;

    private final int partitions;

    /**
     * @param partitions of the examples topic
     */
    public FrontierToPartitions(int partitions) {
        this.partitions = partitions;
    }

    @Override
    public void flatMap(ExampleMessage message, Collector<ExampleMessage> out) {
        if (message instanceof Frontier frontier) {
            for (int partition = 0; partition < partitions; partition++) {
                out.collect(new Frontier(
                        partition,
                        partitions,
                        frontier.firstKeyGroup(),
                        frontier.lastKeyGroup(),
                        frontier.keyGroups(),
                        frontier.throughMillis()));
            }
        } else {
            out.collect(message);
        }
    }
}
