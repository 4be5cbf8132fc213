package freshet.jobs.bench;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.job.ExamplesGraph;
import freshet.jobs.job.JobSettings;
import freshet.jobs.source.DisorderWatermarks;
import freshet.jobs.source.EventSources.NamedSource;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.SourceRecord;
import freshet.jobs.source.SourceRecordSerializer;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.example.ExampleMessage;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.co.ProcessJoinFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** The graphs that the join's benchmark compares: one source for all, and everything that comes out is dropped. */
final class JoinGraph {
    private JoinGraph() {}

    /** Puts a variant into an environment of parallelism 1. */
    static void build(StreamExecutionEnvironment env, JoinVariant variant, Made made) {
        DataStream<SourceRecord> records = source(env, made);
        if (variant.join() == JoinVariant.Join.FRESHET) {
            freshet(env, records);
            return;
        }
        DataStream<Event> events =
                records.map(record -> ((SourceRecord.Good) record).event()).returns(FreshetTypes.EVENT);
        switch (variant.join()) {
            case NONE ->
                drop(events.keyBy(Event::userId, Types.STRING)
                        .map(event -> event)
                        .returns(FreshetTypes.EVENT));
            case KEYED_FUNCTION ->
                drop(events.keyBy(KeyedFunctionJoin::impressionOf, Types.STRING)
                        .process(new KeyedFunctionJoin())
                        .returns(FreshetTypes.EXAMPLE_MESSAGE));
            case INTERVAL_JOIN -> drop(interval(events));
            case SQL -> drop(SqlJoin.join(env, events));
            case FRESHET -> throw new AssertionError("built above");
        }
    }

    private static DataStream<SourceRecord> source(StreamExecutionEnvironment env, Made made) {
        WatermarkStrategy<SourceRecord> watermarks = WatermarkStrategy.<SourceRecord>forGenerator(
                        context -> new DisorderWatermarks(JoinWorkload.DISORDER_MILLIS, JoinWorkload.HORIZON_MILLIS))
                .withTimestampAssigner((record, timestamp) ->
                        ((SourceRecord.Good) record).event().eventTimeMillis());
        return env.fromSource(
                        new DataGeneratorSource<>(made, made.events, SourceRecordSerializer.TYPE),
                        watermarks,
                        "Events made here",
                        SourceRecordSerializer.TYPE)
                .uid("made");
    }

    private static void freshet(StreamExecutionEnvironment env, DataStream<SourceRecord> records) {
        JobSettings.applyToJoin(env);
        ExamplesGraph graph = ExamplesGraph.build(
                FreshetConfig.shipped("bench-join"), List.of(new NamedSource("made", records)), Until.CURRENT_END);
        drop(graph.examples());
        drop(graph.deadLetters());
        drop(graph.late());
        drop(graph.orphans());
        drop(graph.ledger());
    }

    private static DataStream<ExampleMessage> interval(DataStream<Event> events) {
        return events.filter(Impression.class::isInstance)
                .keyBy(KeyedFunctionJoin::impressionOf, Types.STRING)
                .intervalJoin(
                        events.filter(Feedback.class::isInstance).keyBy(KeyedFunctionJoin::impressionOf, Types.STRING))
                .between(Duration.ZERO, Duration.ofMillis(JoinWorkload.HORIZON_MILLIS))
                .process(new Pairs())
                .returns(FreshetTypes.EXAMPLE_MESSAGE);
    }

    private static <T> void drop(DataStream<T> stream) {
        stream.sinkTo(new DiscardingSink<>()).uid("drop-" + stream.getId());
    }

    /** An example for every pair. */
    private static final class Pairs extends ProcessJoinFunction<Event, Event, ExampleMessage> {
        private static final long serialVersionUID = 1L;

        @Override
        public void processElement(Event shown, Event felt, Context context, Collector<ExampleMessage> out) {
            out.collect(KeyedFunctionJoin.example((Impression) shown, 1, felt.eventTimeMillis()));
        }
    }

    /** The workload as a source's function, which marks the stretch that is measured. Called on one thread. */
    static final class Made implements GeneratorFunction<Long, SourceRecord> {
        private static final long serialVersionUID = 1L;
        private static final SourceRecord.Origin ORIGIN = new SourceRecord.Origin("made", 0, 0);
        private static final byte[] NO_BYTES = {};

        private final int viewers;
        private final long events;
        private final long warmUpEvents;
        private transient @Nullable JoinWorkload workload;

        /**
         * @param warmUpEvents so many of the events come before the stretch that is measured
         */
        Made(int viewers, long events, long warmUpEvents) {
            this.viewers = viewers;
            this.events = events;
            this.warmUpEvents = warmUpEvents;
        }

        @Override
        public SourceRecord map(Long index) {
            JoinWorkload from = workload;
            if (from == null) {
                from = new JoinWorkload(viewers);
                workload = from;
            }
            if (index == warmUpEvents) {
                Stretch.begin();
            }
            if (index == events - 1) {
                Stretch.end();
            }
            return new SourceRecord.Good(from.next(), ORIGIN, NO_BYTES);
        }
    }
}
