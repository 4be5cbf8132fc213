package freshet.jobs.job;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.EncodedEvent;
import freshet.jobs.join.EncodedEventSerializer;
import freshet.jobs.join.JoinOperator;
import freshet.jobs.join.JoinOperator.ForServers;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.EventSources.NamedSource;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.SetAsideOperator;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.Event;
import freshet.serde.example.ExampleMessage;
import freshet.serde.feature.FeatureChange;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/**
 * The part of a graph from sources to examples, without what comes before or after: the examples job puts Kafka around it,
 * a replay files and a trainer.
 *
 * @param examples examples, and a frontier per join subtask whenever event time passes: partition 0 of 1
 * @param deadLetters records that could not become events
 * @param late events that came too late, or that their user had no room for
 * @param orphans feedback whose impression never came
 * @param features what servers are told of users, and of videos and channels where a feature looks at them; empty unless asked for
 * @param ledger what every subtask has counted, for a {@link JobLedger} in a task of parallelism 1
 */
public record ExamplesGraph(
        DataStream<ExampleMessage> examples,
        DataStream<DeadLetter> deadLetters,
        DataStream<Event> late,
        DataStream<Event> orphans,
        DataStream<LedgerPart> ledger,
        DataStream<FeatureChange> features) {

    /** Builds it behind sources, in their environment, without anything for servers. */
    public static ExamplesGraph build(FreshetConfig config, List<NamedSource> sources, Until until) {
        return build(config, sources, until, ForServers.NOTHING);
    }

    /**
     * Builds it behind sources, in their environment.
     *
     * @param until when the sources end
     * @param forServers what is written for servers
     */
    public static ExamplesGraph build(
            FreshetConfig config, List<NamedSource> sources, Until until, ForServers forServers) {
        List<DataStream<Event>> events = new ArrayList<>();
        List<DataStream<DeadLetter>> deadLetters = new ArrayList<>();
        List<DataStream<LedgerPart>> ledger = new ArrayList<>();
        for (NamedSource source : sources) {
            SingleOutputStreamOperator<Event> good = setAside(config, source, until);
            events.add(good);
            deadLetters.add(good.getSideOutput(SetAsideOperator.DEAD_LETTERS));
            ledger.add(good.getSideOutput(LedgerPart.TAG));
        }
        List<DataStream<Event>> ready = events;
        List<DataStream<FeatureChange>> changes = new ArrayList<>();
        if (ViewGraph.isNeeded(config)) {
            ViewGraph views = ViewGraph.build(config, union(events), forServers);
            ready = views.events();
            changes.add(views.changes());
        }
        SingleOutputStreamOperator<ExampleMessage> joined = encoded(ready)
                .keyBy(EncodedEvent::userId, Types.STRING)
                .transform(
                        "Join by user",
                        FreshetTypes.EXAMPLE_MESSAGE,
                        new JoinOperator(OperatorIds.JOIN, config.json(), until, forServers))
                .uid(OperatorIds.JOIN)
                .setDescription(
                        "Orders the events of each user, computes features as of the impression, decides labels");
        ledger.add(joined.getSideOutput(LedgerPart.TAG));
        changes.add(joined.getSideOutput(JoinOperator.USER_FEATURES));
        return new ExamplesGraph(
                joined,
                union(deadLetters),
                joined.getSideOutput(JoinOperator.LATE),
                joined.getSideOutput(JoinOperator.ORPHANS),
                union(ledger),
                union(changes));
    }

    /** Each stream by itself, in the chain of its end: behind their union it would be a task of its own. */
    private static DataStream<EncodedEvent> encoded(List<DataStream<Event>> streams) {
        List<DataStream<EncodedEvent>> encoded = new ArrayList<>();
        for (DataStream<Event> stream : streams) {
            encoded.add(stream.map(EncodedEvent::of)
                    .returns(EncodedEventSerializer.TYPE)
                    .name("As bytes")
                    .uid(OperatorIds.AS_BYTES + "-" + stream.getTransformation().getUid())
                    .setDescription("Writes each event once, as it travels to its user and waits there")
                    .setParallelism(stream.getParallelism()));
        }
        return union(encoded);
    }

    private static SingleOutputStreamOperator<Event> setAside(FreshetConfig config, NamedSource source, Until until) {
        String uid = OperatorIds.SET_ASIDE + "-" + source.name();
        return source.records()
                .transform(
                        "Set aside bad " + source.name(),
                        FreshetTypes.EVENT,
                        new SetAsideOperator(uid, config.events().maxFuture().toMillis(), until))
                .uid(uid)
                .setDescription(
                        "Counts every record; those that are no events or have a clock ahead of the others go to the dead letters")
                .setParallelism(source.records().getParallelism());
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // DataStream.union takes a generic array
    private static <T> DataStream<T> union(List<DataStream<T>> streams) {
        DataStream<T> first = streams.get(0);
        return streams.size() == 1
                ? first
                : first.union(streams.subList(1, streams.size()).toArray(DataStream[]::new));
    }
}
