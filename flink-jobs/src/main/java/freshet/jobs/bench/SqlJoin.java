package freshet.jobs.bench;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.time.Instant;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;

/**
 * The join in Flink SQL. Needs Flink's planner on the class path, which is no dependency of ours: {@code ./freshet bench}
 * fetches it. A class of its own, so that nothing else needs it.
 */
final class SqlJoin {
    /** A class of the planner: whether it can be loaded says whether {@link #join} works. */
    private static final String PLANNER = "org.apache.flink.table.planner.loader.PlannerModule";

    private static final TypeInformation<Row> IMPRESSION = Types.ROW_NAMED(
            new String[] {"at", "id", "viewer", "video", "channel", "place", "device", "surface", "duration"},
            Types.INSTANT,
            Types.STRING,
            Types.STRING,
            Types.STRING,
            Types.STRING,
            Types.INT,
            Types.STRING,
            Types.STRING,
            Types.LONG);
    private static final TypeInformation<Row> FEEDBACK = Types.ROW_NAMED(
            new String[] {"at", "impression", "kind", "amount"},
            Types.INSTANT,
            Types.STRING,
            Types.STRING,
            Types.DOUBLE);

    private SqlJoin() {}

    static boolean isPossible() {
        try {
            Class.forName(PLANNER, false, SqlJoin.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    static DataStream<Row> join(StreamExecutionEnvironment env, DataStream<Event> events) {
        StreamTableEnvironment tables = StreamTableEnvironment.create(env);
        tables.createTemporaryView(
                "impressions",
                events.filter(Impression.class::isInstance)
                        .map(SqlJoin::impression)
                        .returns(IMPRESSION),
                timed("CAST(`at` AS TIMESTAMP_LTZ(3))"));
        tables.createTemporaryView(
                "feedback",
                events.filter(Feedback.class::isInstance).map(SqlJoin::feedback).returns(FEEDBACK),
                timed("CAST(`at` AS TIMESTAMP_LTZ(3))"));
        return tables.toDataStream(tables.sqlQuery("""
                SELECT i.id, i.viewer, i.video, i.channel, i.place, i.device, i.surface, i.duration, f.kind, f.amount
                FROM impressions i LEFT JOIN feedback f
                ON i.id = f.impression AND f.event_time BETWEEN i.event_time AND i.event_time + INTERVAL '10' MINUTE
                """));
    }

    private static Schema timed(String eventTime) {
        return Schema.newBuilder()
                .columnByExpression("event_time", eventTime)
                .watermark("event_time", "SOURCE_WATERMARK()")
                .build();
    }

    private static Row impression(Event event) {
        Impression shown = (Impression) event;
        return Row.of(
                Instant.ofEpochMilli(shown.eventTimeMillis()),
                shown.impressionId(),
                shown.userId(),
                shown.videoId(),
                shown.channelId(),
                shown.position(),
                shown.device(),
                shown.surface(),
                shown.videoDurationMillis());
    }

    private static Row feedback(Event event) {
        Feedback felt = (Feedback) event;
        return Row.of(Instant.ofEpochMilli(felt.eventTimeMillis()), felt.impressionId(), felt.kind(), felt.value());
    }
}
