package freshet.jobs.join;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.extract.FeatureExtractor;
import freshet.features.online.FeatureSkew;
import freshet.features.online.OnlineFeatures;
import freshet.features.online.OnlineStore;
import freshet.serde.event.Event;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.FeatureStateCodec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server beside the join: for every impression of random streams, the features that it computes from what it was told just
 * before, through the bytes of the topic and its store on disk, against those of the example.
 */
class ServedFeaturesTest {
    private static final int STREAMS = 300;
    private static final FeatureStateCodec CODEC = new FeatureStateCodec();

    @TempDir
    Path folder;

    private final FeatureExtractor extractor = new FeatureExtractor(ReferenceFeatures.spec());
    private final FeatureSkew skew = new FeatureSkew(extractor.schema());

    @Test
    void withoutLagThereIsNoDifference() {
        replay(0);
        assertThat(skew.differing()).as(skew.toString()).isZero();
        assertThat(skew.compared()).isGreaterThan(5 * STREAMS);
    }

    @Test
    void aLagIsSeenInTheFeaturesThatItTouchesAndInNoOther() {
        replay(60_000);
        assertThat(skew.lines()).anySatisfy(line -> {
            assertThat(line.feature()).isEqualTo("previous");
            assertThat(line.shareDiffering()).isBetween(0.01, 0.99);
            assertThat(line.meanAbsoluteDifference()).isPositive();
        });
        assertThat(skew.lines())
                .filteredOn(line ->
                        List.of("user", "tag", "hour", "price", "duration").contains(line.feature()))
                .hasSize(5)
                .allSatisfy(line -> assertThat(line.differing()).isZero());
    }

    /** The server is told of everything until {@code lagMillis} and a millisecond before each impression. */
    private void replay(long lagMillis) {
        try (OnlineStore store = OnlineStore.open(folder)) {
            for (long seed = 0; seed < STREAMS; seed++) {
                replay(new RandomStream(seed, JoinLimits.DEFAULT), lagMillis, store);
                store.apply(List.of(FeatureChange.forget(FeatureState.Key.user("u"))), Map.of());
            }
        }
    }

    private void replay(RandomStream stream, long lagMillis, OnlineStore store) {
        JoinCore core = new JoinCore(stream.spec, extractor);
        CollectedOutput out = new CollectedOutput(stream.spec);
        UserState user = new UserState();
        ChangedUsers changed =
                new ChangedUsers(1, 1, change -> store.apply(List.of(throughTheTopic(change)), Map.of()));
        OnlineFeatures server = new OnlineFeatures(extractor, store);
        Map<String, FeatureValues> served = new HashMap<>();

        List<Event> events = new ArrayList<>(stream.events);
        events.sort(Event.ORDER);
        events.forEach(event -> core.accept(user, EncodedEvent.of(event), Long.MIN_VALUE, out));
        long moment = Long.MIN_VALUE;
        for (Event event : events) {
            // Two events of one millisecond: the second knows the first, which no server can have been told by then.
            boolean isFirstOfItsMoment = event.eventTimeMillis() != moment;
            moment = event.eventTimeMillis();
            if (event instanceof Impression impression) {
                core.advance(user, moment - 1 - lagMillis, out);
                changed.add(user);
                FeatureValues values = server.of(impression);
                if (isFirstOfItsMoment) {
                    served.putIfAbsent(key(impression.impressionId(), moment), values);
                }
            }
        }
        core.advance(user, Long.MAX_VALUE, out);
        Map<String, LabeledExample> examples = new HashMap<>();
        out.examples.forEach(example -> examples.put(key(example.impressionId(), example.eventTimeMillis()), example));
        served.forEach((impression, values) -> {
            LabeledExample example = examples.get(impression);
            if (example != null
                    && stream.events.stream()
                                    .filter(event -> isOf(event, example))
                                    .count()
                            == 1) {
                skew.add(values, example.features());
            }
        });
    }

    private static boolean isOf(Event event, LabeledExample example) {
        return event.eventTimeMillis() == example.eventTimeMillis()
                && event.id().equals(example.impressionId());
    }

    private static String key(String impressionId, long eventTimeMillis) {
        return impressionId + "@" + eventTimeMillis;
    }

    private static FeatureChange throughTheTopic(FeatureChange change) {
        return FeatureChange.to(
                ((Decoded.Value<FeatureState>) CODEC.decode(CODEC.encode(Objects.requireNonNull(change.state()))))
                        .value());
    }
}
