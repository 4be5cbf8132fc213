package freshet.jobs.source;

import freshet.jobs.config.FreshetConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Puts the sources of events into a job: three topics, or the files of a replay.
 *
 * <p>The histories' topic is read to the end that it has when the job first starts, and no event time passes before that:
 * a history stands before what the stream says of its viewer. Watermarks of the other two are per partition, idle after
 * {@code events.idle_timeout}, and aligned, so that neither topic runs away from the other and fills the join's state.
 */
public final class EventSources {

    /** When reading from Kafka ends. */
    public enum Until {
        /** Never. */
        STOPPED,
        /** At the ends that the topics have when the job starts: for replays. */
        CURRENT_END
    }

    /**
     * One source in a job.
     *
     * @param name in ids and on the dashboard, lower case
     * @param records what it reads
     */
    public record NamedSource(String name, DataStream<SourceRecord> records) {}

    private EventSources() {}

    /** Impressions, feedback and histories of a folder, as {@link ReplayFiles} describes it. */
    public static List<NamedSource> files(StreamExecutionEnvironment env, FreshetConfig config, Path folder) {
        ReplaySource source = new ReplaySource(
                folder,
                config.events().maxDisorder().toMillis(),
                config.events().maxFuture().toMillis());
        DataStream<SourceRecord> records = env.fromSource(
                        source, WatermarkStrategy.noWatermarks(), "Events from files", SourceRecordSerializer.TYPE)
                .uid("replay-source")
                .setDescription("Reads histories, then impressions and feedback side by side, as event time goes")
                .setParallelism(1);
        return List.of(new NamedSource("replay", records));
    }

    /** Impressions, feedback and histories of their topics, which must exist. */
    public static List<NamedSource> kafka(StreamExecutionEnvironment env, FreshetConfig config, Until until) {
        List<NamedSource> sources = new ArrayList<>();
        for (EventStream stream : EventStream.values()) {
            // More readers than partitions would only be idle, which watermarks take badly.
            int parallelism =
                    Math.min(env.getParallelism(), KafkaTopics.partitions(config.kafka(), stream.topic(config)));
            sources.add(new NamedSource(stream.label(), topic(env, config, stream, until, parallelism)));
        }
        return sources;
    }

    private static DataStream<SourceRecord> topic(
            StreamExecutionEnvironment env, FreshetConfig config, EventStream stream, Until until, int parallelism) {
        String topic = stream.topic(config);
        String label = stream.label();
        Properties properties = config.kafka().forConsumers();
        properties.setProperty("client.id.prefix", config.name() + "-" + label);
        KafkaSourceBuilder<SourceRecord> builder = KafkaSource.<SourceRecord>builder()
                .setProperties(properties)
                .setTopics(topic)
                .setGroupId("freshet-" + config.name() + "-examples")
                .setStartingOffsets(new EarliestOrFail(env.getConfiguration().get(LostRecords.OPTION)))
                .setDeserializer(new EventDeserializer(stream, config));
        boolean bounded = until == Until.CURRENT_END || stream == EventStream.HISTORY;
        if (bounded) {
            builder.setBounded(OffsetsInitializer.latest());
        }
        String name = label.substring(0, 1).toUpperCase(Locale.ROOT) + label.substring(1) + " from Kafka";
        return env.fromSource(
                        TopicSource.of(builder.build()),
                        watermarks(config, stream, bounded),
                        name,
                        SourceRecordSerializer.TYPE)
                .uid(label + "-source")
                .setDescription("Reads the topic " + topic + (bounded ? " to its present end" : ""))
                .setParallelism(parallelism);
    }

    private static WatermarkStrategy<SourceRecord> watermarks(
            FreshetConfig config, EventStream stream, boolean bounded) {
        if (stream == EventStream.HISTORY) {
            return WatermarkStrategy.noWatermarks(); // its end is its only watermark
        }
        long maxDisorderMillis = config.events().maxDisorder().toMillis();
        long maxFutureMillis = config.events().maxFuture().toMillis();
        WatermarkStrategy<SourceRecord> watermarks = WatermarkStrategy.<SourceRecord>forGenerator(
                        context -> new DisorderWatermarks(maxDisorderMillis, maxFutureMillis))
                .withTimestampAssigner((record, timestamp) ->
                        record instanceof SourceRecord.Good good ? good.event().eventTimeMillis() : timestamp);
        if (bounded) {
            return watermarks; // no idleness: it would end with the wall clock what must end with the data; no
            // alignment: the connector's has a race with splits that finish (FLINK-39728)
        }
        return watermarks
                .withIdleness(config.events().idleTimeout())
                .withWatermarkAlignment(
                        "events", config.events().maxDrift(), config.events().alignmentInterval());
    }
}
