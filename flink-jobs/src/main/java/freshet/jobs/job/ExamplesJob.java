package freshet.jobs.job;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.JoinOperator.ForServers;
import freshet.jobs.sink.FrontierToPartitions;
import freshet.jobs.sink.KafkaSinks;
import freshet.jobs.sink.SetAsideRecord;
import freshet.jobs.source.EventSources;
import freshet.jobs.source.KafkaTopics;
import freshet.jobs.type.FreshetTypes;
import java.nio.file.Path;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The examples job: impressions, feedback and histories from Kafka in; examples with frontiers, late events and dead letters
 * to Kafka out.
 */
public final class ExamplesJob {
    private ExamplesJob() {}

    /** For Flink's application mode: {@code --config FILE}. */
    public static void main(String[] args) throws Exception {
        if (args.length != 2 || !args[0].equals("--config")) {
            throw new IllegalArgumentException(
                    "examples job: found the arguments '" + String.join(" ", args) + "', expected --config FILE");
        }
        FreshetConfig config = FreshetConfig.load(Path.of(args[1]));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        build(env, config, EventSources.Until.STOPPED);
        env.execute(name(config));
    }

    /** The job's name on the dashboard. */
    public static String name(FreshetConfig config) {
        return "Freshet examples: " + config.name();
    }

    /**
     * Builds the job in an environment, whose topics must exist.
     *
     * @param until when it ends by itself
     * @return the part of it before Kafka, for whoever wants more of it than the topics
     */
    public static ExamplesGraph build(StreamExecutionEnvironment env, FreshetConfig config, EventSources.Until until) {
        JobSettings.applyToJoin(env);
        int partitions = KafkaTopics.partitions(config.kafka(), config.topics().examples());
        ExamplesGraph graph = ExamplesGraph.build(
                config,
                EventSources.kafka(env, config, until),
                until,
                config.userFeatures().isWritten() ? ForServers.HISTORIES : ForServers.NOTHING);
        graph.examples()
                .flatMap(new FrontierToPartitions(partitions))
                .returns(FreshetTypes.EXAMPLE_MESSAGE)
                .name("Frontiers to all partitions")
                .uid(OperatorIds.FRONTIERS_TO_PARTITIONS)
                .setDescription("Copies each frontier to every partition of "
                        + config.topics().examples())
                .sinkTo(KafkaSinks.examples(config, partitions))
                .name("Examples to Kafka")
                .uid(OperatorIds.EXAMPLES_SINK)
                .setDescription("Writes the topic " + config.topics().examples());
        if (config.userFeatures().isWritten()) {
            graph.features()
                    .sinkTo(KafkaSinks.features(config))
                    .name("Features to Kafka")
                    .uid(OperatorIds.USER_FEATURES_SINK)
                    .setDescription("Writes what servers are told: " + String.join(", ", config.featureTopics()));
        }
        writeSetAside(graph, config);
        return graph;
    }

    private static void writeSetAside(ExamplesGraph graph, FreshetConfig config) {
        String deadLetterTopic = config.topics().deadLetters();
        String lateTopic = config.topics().late();
        DataStream<SetAsideRecord> deadLetters = graph.deadLetters()
                .map(letter -> SetAsideRecord.deadLetter(letter, deadLetterTopic))
                .returns(SetAsideRecord.TYPE)
                .name("Dead letters")
                .uid(OperatorIds.DEAD_LETTER_RECORDS)
                .setDescription("Adds headers that say where each was read and why it was refused");
        DataStream<SetAsideRecord> late = graph.late()
                .map(event -> SetAsideRecord.late(event, lateTopic))
                .returns(SetAsideRecord.TYPE)
                .name("Late events")
                .uid(OperatorIds.LATE_RECORDS)
                .setDescription("Events that came behind the watermark");
        DataStream<SetAsideRecord> orphans = graph.orphans()
                .map(event -> SetAsideRecord.orphan(event, deadLetterTopic))
                .returns(SetAsideRecord.TYPE)
                .name("Orphans")
                .uid(OperatorIds.ORPHAN_RECORDS)
                .setDescription("Feedback whose impression never came");
        deadLetters
                .union(late, orphans)
                .sinkTo(KafkaSinks.setAside(config))
                .name("Set aside to Kafka")
                .uid(OperatorIds.SET_ASIDE_SINK)
                .setDescription("Writes the topics " + deadLetterTopic + " and " + lateTopic);
    }
}
