package freshet.jobs.job;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.publish.AnswerSink;
import freshet.jobs.publish.PublishPlan;
import freshet.jobs.publish.SnapshotSink;
import freshet.jobs.publish.TopicShelf;
import freshet.jobs.sink.KafkaSinks;
import freshet.jobs.sink.SetAsideRecord;
import freshet.jobs.source.ControlSource;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.ExampleSource;
import freshet.jobs.train.SetAsideBadExamples;
import freshet.jobs.train.TrainRecord;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.example.ExampleMessage;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The train job: examples with their frontiers, and commands, from Kafka in, snapshots to Kafka out. */
public final class TrainJob {
    private static final String SET_ASIDE = OperatorIds.SET_ASIDE + "-examples";

    private TrainJob() {}

    /**
     * What the job puts out, besides what goes to Kafka.
     *
     * @param trained everything the trainer puts out
     * @param ledger what could not be read, for a {@link JobLedger} in a task of parallelism 1
     */
    public record Streams(DataStream<TrainRecord> trained, DataStream<LedgerPart> ledger) {}

    /** For Flink's application mode: {@code --config FILE [--warm DIR]}. */
    public static void main(String[] args) throws Exception {
        boolean warm = args.length == 4 && args[2].equals("--warm");
        if ((args.length != 2 && !warm) || !args[0].equals("--config")) {
            throw new IllegalArgumentException("train job: found the arguments '" + String.join(" ", args)
                    + "', expected --config FILE, and after it perhaps --warm DIR");
        }
        FreshetConfig config = FreshetConfig.load(Path.of(args[1]));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        build(env, config, Until.STOPPED, warm ? Optional.of(args[3]) : Optional.empty());
        env.execute(name(config));
    }

    /** The job's name on the dashboard. */
    public static String name(FreshetConfig config) {
        return "Freshet train: " + config.name();
    }

    /**
     * Builds the job in an environment, whose topics must exist.
     *
     * @param until when it ends by itself
     * @param warmFolder what a new model learns first; see {@link freshet.jobs.warm.WarmStart}
     */
    public static Streams build(
            StreamExecutionEnvironment env, FreshetConfig config, Until until, Optional<String> warmFolder) {
        JobSettings.apply(env);
        SingleOutputStreamOperator<ExampleMessage> examples = ExampleSource.kafka(env, config, "train", until)
                .transform("Set aside bad examples", FreshetTypes.EXAMPLE_MESSAGE, new SetAsideBadExamples(SET_ASIDE))
                .uid(SET_ASIDE)
                .setDescription("Records that are neither examples nor frontiers go to the dead letters");
        SingleOutputStreamOperator<TrainRecord> trained = TrainGraph.build(
                config, examples, ControlSource.kafka(env, config, until), new TopicShelf(config.json()), warmFolder);
        publish(trained, config);
        answer(trained, config);
        writeDeadLetters(examples, config);
        return new Streams(trained, examples.getSideOutput(LedgerPart.TAG));
    }

    private static void publish(DataStream<TrainRecord> trained, FreshetConfig config) {
        DataStream<TrainRecord> cuts = trained.filter(TrainRecord.Changed.class::isInstance)
                .name("What changed")
                .uid(OperatorIds.CUTS)
                .setParallelism(1);
        TrainGraph.publish(cuts, PublishPlan.of(config), OperatorIds.PUBLISH)
                .sinkTo(SnapshotSink.of(config))
                .name("Models to Kafka")
                .uid(OperatorIds.SNAPSHOT_SINK)
                .setDescription("Writes the topics " + config.topics().snapshots() + " and "
                        + config.topics().modelDeltas())
                .setParallelism(1);
    }

    private static void answer(DataStream<TrainRecord> trained, FreshetConfig config) {
        trained.filter(TrainRecord.Answered.class::isInstance)
                .name("Answers")
                .uid(OperatorIds.ANSWERS)
                .setParallelism(1)
                .sinkTo(AnswerSink.of(config))
                .name("Answers to Kafka")
                .uid(OperatorIds.ANSWER_SINK)
                .setDescription("Writes the topic " + config.topics().trainerControl())
                .setParallelism(1);
    }

    private static void writeDeadLetters(SingleOutputStreamOperator<ExampleMessage> examples, FreshetConfig config) {
        String topic = config.topics().deadLetters();
        examples.getSideOutput(SetAsideBadExamples.DEAD_LETTERS)
                .map(letter -> SetAsideRecord.deadLetter(letter, topic))
                .returns(SetAsideRecord.TYPE)
                .name("Dead letters")
                .uid(OperatorIds.DEAD_LETTER_RECORDS)
                .setDescription("Adds headers that say where each was read and why it was refused")
                .sinkTo(KafkaSinks.setAside(config))
                .name("Set aside to Kafka")
                .uid(OperatorIds.SET_ASIDE_SINK)
                .setDescription("Writes the topic " + topic);
    }
}
