package freshet.jobs.job;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.publish.PublishOperator;
import freshet.jobs.publish.PublishPlan;
import freshet.jobs.train.CommandedTrainOperator;
import freshet.jobs.train.SnapshotShelf;
import freshet.jobs.train.TrainOperator;
import freshet.jobs.train.TrainPlan;
import freshet.jobs.train.TrainRecord;
import freshet.jobs.train.TrainRecordSerializer;
import freshet.serde.example.ExampleMessage;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/** The part of a graph from examples to what a trainer puts out; the trainer's job puts Kafka around it, a replay files. */
public final class TrainGraph {
    private static final String DESCRIPTION =
            "Puts examples in order; scores, measures and learns batch by batch; cuts off what changed";

    private TrainGraph() {}

    /**
     * Builds it behind examples and their frontiers.
     *
     * @param warmFolder what a new model learns first; see {@link freshet.jobs.warm.WarmStart}
     * @return in the order of learning, from one subtask
     */
    public static SingleOutputStreamOperator<TrainRecord> build(
            FreshetConfig config, DataStream<ExampleMessage> examples, Optional<String> warmFolder) {
        return examples.keyBy(any -> TrainOperator.REPLICA, Types.INT)
                .transform("Train", TrainRecordSerializer.TYPE, new TrainOperator(TrainPlan.of(config, warmFolder)))
                .uid(OperatorIds.TRAIN)
                .setDescription(DESCRIPTION)
                .setParallelism(1);
    }

    /**
     * The same with commands beside the examples.
     *
     * @param commands lines of the control topic
     * @param shelf where the snapshots are that one may go back to
     */
    public static SingleOutputStreamOperator<TrainRecord> build(
            FreshetConfig config,
            DataStream<ExampleMessage> examples,
            DataStream<String> commands,
            SnapshotShelf shelf,
            Optional<String> warmFolder) {
        TrainPlan plan = TrainPlan.of(config, warmFolder).with(shelf);
        return examples.keyBy(any -> TrainOperator.REPLICA, Types.INT)
                .connect(commands.keyBy(any -> TrainOperator.REPLICA, Types.INT))
                .transform("Train", TrainRecordSerializer.TYPE, new CommandedTrainOperator(plan))
                .uid(OperatorIds.TRAIN)
                .setDescription(DESCRIPTION)
                .setParallelism(1);
    }

    /**
     * Puts a publisher behind a trainer, as a task of its own: what it writes takes none of the trainer's time.
     *
     * @param trained what a trainer puts out, or the cuts alone
     * @param uid {@link OperatorIds#PUBLISH}, or another where a job has two
     * @return the same with the records for servers in the place of the cuts, from one subtask
     */
    public static SingleOutputStreamOperator<TrainRecord> publish(
            DataStream<TrainRecord> trained, PublishPlan plan, String uid) {
        return trained.keyBy(any -> PublishOperator.MODEL, Types.INT)
                .transform("Publish", TrainRecordSerializer.TYPE, new PublishOperator(plan))
                .uid(uid)
                .setDescription(
                        "Folds what changed into a copy of the model; makes deltas of it, and an hourly snapshot")
                .setParallelism(1);
    }
}
