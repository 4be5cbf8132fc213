package freshet.jobs.view;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.spec.View;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.JoinOperator.ForServers;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shell in Flink's harness, on RocksDB: restored in the middle it yields what it yields in one go. */
class ViewOperatorTest {
    private static final FreshetConfig CONFIG = ReferenceViews.config();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aRestoreChangesNothing(long seed) throws Exception {
        List<Event> arrival = new ArrayList<>(new ViewerEvents(seed, 5, 250).arrival(seed));
        arrival.removeIf(HistorySeed.class::isInstance);

        List<Event> inOneGo = run(arrival, List.of());
        List<Event> restored = run(arrival, List.of(arrival.size() / 3, 2 * arrival.size() / 3));

        assertThat(restored).containsExactlyInAnyOrderElementsOf(inOneGo).hasSizeGreaterThan(240);
        assertThat(inOneGo)
                .anySatisfy(event -> assertThat(((Impression) event).numbers().get("@video_shown"))
                        .isGreaterThan(0f));
    }

    /** What comes out when the operator is restored before each of some events. */
    private static List<Event> run(List<Event> arrival, List<Integer> restoredBefore) throws Exception {
        List<Event> out = new ArrayList<>();
        var harness = opened(null);
        long newest = Long.MIN_VALUE;
        for (int i = 0; i < arrival.size(); i++) {
            if (restoredBefore.contains(i)) {
                harness.prepareSnapshotPreBarrier(i);
                OperatorSubtaskState state = harness.snapshot(i, i);
                out.addAll(harness.extractOutputValues());
                harness.close();
                harness = opened(state);
            }
            Event event = arrival.get(i);
            String video = event instanceof Impression impression ? impression.videoId() : ((Feedback) event).videoId();
            harness.processElement(new StreamRecord<>(new ViewEvent(video, event), event.eventTimeMillis()));
            newest = Math.max(newest, event.eventTimeMillis());
            harness.processWatermark(newest - ViewerEvents.MAX_DISORDER_MILLIS - 1);
        }
        harness.processWatermark(Long.MAX_VALUE);
        out.addAll(harness.extractOutputValues());
        harness.close();
        return out;
    }

    private static KeyedOneInputStreamOperatorTestHarness<String, ViewEvent, Event> opened(
            @Nullable OperatorSubtaskState state) throws Exception {
        var harness = new KeyedOneInputStreamOperatorTestHarness<>(
                new ViewOperator(CONFIG.json(), View.VIDEO, ForServers.HISTORIES), ViewEvent::key, Types.STRING);
        harness.setStateBackend(new EmbeddedRocksDBStateBackend(false));
        harness.setup(FreshetTypes.EVENT.createSerializer(new SerializerConfigImpl()));
        if (state != null) {
            harness.initializeState(state);
        }
        harness.open();
        return harness;
    }
}
