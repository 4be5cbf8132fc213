package freshet.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JoinWorkloadTest {
    private static final int VIEWERS = 2_000;
    private static final int EVENTS = 1_500_000;

    @Test
    void isWhatTheBenchmarkSays() {
        JoinWorkload workload = new JoinWorkload(VIEWERS);
        Map<String, Impression> shown = new HashMap<>();
        Set<String> answered = new HashSet<>();
        Map<String, Integer> byViewer = new HashMap<>();
        long newest = Long.MIN_VALUE;
        long feedback = 0;
        for (int i = 0; i < EVENTS; i++) {
            Event event = workload.next();
            newest = Math.max(newest, event.eventTimeMillis());
            assertThat(newest - event.eventTimeMillis()).isLessThanOrEqualTo(JoinWorkload.DISORDER_MILLIS);
            if (event instanceof Impression impression) {
                assertThat(shown.put(impression.impressionId(), impression)).isNull();
                byViewer.merge(impression.userId(), 1, Integer::sum);
            } else if (event instanceof Feedback felt) {
                feedback++;
                answered.add(felt.impressionId());
            }
        }
        // What was shown in the last ten and a half minutes is not fully answered yet.
        long ripe = shown.size() - 630_000;
        assertThat(feedback).isBetween((long) (0.3 * ripe), (long) (0.3 * shown.size()));
        assertThat(answered.size()).isBetween((int) (0.145 * ripe), (int) (0.155 * shown.size()));
        assertThat(byViewer).hasSizeBetween(VIEWERS - 10, VIEWERS);
        assertThat(byViewer.getOrDefault("u0", 0) / (double) shown.size()).isCloseTo(1 / (10.5 * 5.3), within(0.002));
    }

    @Test
    void feedbackAnswersAnImpressionOfItsViewerWithinTheHorizon() {
        JoinWorkload workload = new JoinWorkload(VIEWERS);
        Map<String, Impression> shown = new HashMap<>();
        Stream.generate(workload::next).limit(200_000).forEach(event -> {
            if (event instanceof Impression impression) {
                shown.put(impression.impressionId(), impression);
            } else if (event instanceof Feedback felt && shown.containsKey(felt.impressionId())) {
                Impression answered = shown.get(felt.impressionId());
                assertThat(answered.userId()).isEqualTo(felt.userId());
                assertThat(felt.eventTimeMillis() - answered.eventTimeMillis())
                        .isBetween(0L, JoinWorkload.HORIZON_MILLIS);
            }
        });
    }

    @Test
    void isTheSameEveryTime() {
        assertThat(firstOf(new JoinWorkload(VIEWERS))).isEqualTo(firstOf(new JoinWorkload(VIEWERS)));
    }

    private static List<Event> firstOf(JoinWorkload workload) {
        return Stream.generate(workload::next).limit(10_000).toList();
    }
}
