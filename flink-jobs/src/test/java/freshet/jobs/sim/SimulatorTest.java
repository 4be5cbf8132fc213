package freshet.jobs.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.wire.EventJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatorTest {
    private static final long HOUR_MILLIS = 3_600_000;

    /** Keeps everything, as lines and as values. */
    private static final class Kept implements SimulationOutput {
        final List<Event> events = new ArrayList<>();
        final List<Long> arrivals = new ArrayList<>();
        final Map<String, Truth> truths = new HashMap<>();

        @Override
        public void arrives(Event event, long arrivalMillis) {
            events.add(event);
            arrivals.add(arrivalMillis);
        }

        @Override
        public void truth(Truth truth) {
            truths.put(truth.impressionId(), truth);
        }

        List<String> lines() {
            return events.stream().map(EventJson::toJson).toList();
        }

        Map<String, Impression> impressions() {
            Map<String, Impression> impressions = new HashMap<>();
            for (Event event : events) {
                if (event instanceof Impression impression) {
                    impressions.put(impression.id(), impression);
                }
            }
            return impressions;
        }

        Set<String> clicked() {
            Set<String> clicked = new HashSet<>();
            for (Event event : events) {
                if (event instanceof Feedback feedback && feedback.kind().equals("click")) {
                    clicked.add(feedback.impressionId());
                }
            }
            return clicked;
        }
    }

    private static Kept simulate(SimulationSettings settings, long millis, long stepMillis, ListRanker ranker) {
        Kept kept = new Kept();
        Simulator simulator = new Simulator(settings, ranker, kept);
        for (long played = 0; played < millis; played += stepMillis) {
            simulator.advance(settings.startMillis() + Math.min(millis, played + stepMillis));
        }
        simulator.finish();
        return kept;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void sameSeedSameEventsWhateverTheSteps(long seed) {
        SimulationSettings settings = SimulationSettings.small(seed);

        List<String> inOneGo = simulate(settings, HOUR_MILLIS / 4, HOUR_MILLIS, ListRanker.NONE)
                .lines();
        List<String> inSteps =
                simulate(settings, HOUR_MILLIS / 4, 1_371, ListRanker.NONE).lines();

        assertThat(inSteps).isEqualTo(inOneGo).hasSizeGreaterThan(1000);
    }

    @Test
    void otherSeedOtherEvents() {
        assertThat(simulate(SimulationSettings.small(1), 60_000, 60_000, ListRanker.NONE)
                        .lines())
                .isNotEqualTo(simulate(SimulationSettings.small(2), 60_000, 60_000, ListRanker.NONE)
                        .lines());
    }

    @Test
    void eventsArriveInOrderOfArrivalAndWithinTheBound() {
        SimulationSettings settings = SimulationSettings.small(5);
        Kept kept = simulate(settings, HOUR_MILLIS, HOUR_MILLIS, ListRanker.NONE);

        long newest = 0;
        int outOfOrder = 0;
        for (int i = 0; i < kept.events.size(); i++) {
            long eventTime = kept.events.get(i).eventTimeMillis();
            assertThat(kept.arrivals.get(i) - eventTime).isBetween(0L, settings.maxDelayMillis());
            assertThat(eventTime)
                    .as("behind the newest one")
                    .isGreaterThanOrEqualTo(newest - settings.maxDelayMillis());
            outOfOrder += eventTime < newest ? 1 : 0;
            newest = Math.max(newest, eventTime);
        }
        assertThat(kept.arrivals).isSorted();
        assertThat(outOfOrder).as("there is disorder to handle").isGreaterThan(kept.events.size() / 10);
    }

    @Test
    void someEventsArriveTwice() {
        Kept kept = simulate(SimulationSettings.small(5), HOUR_MILLIS, HOUR_MILLIS, ListRanker.NONE);

        long distinct = kept.events.stream().map(Event::id).distinct().count();
        assertThat((kept.events.size() - distinct) / (double) distinct).isCloseTo(0.005, within(0.002));
    }

    @Test
    void clicksFollowTheTrueProbabilities() {
        Kept kept = simulate(SimulationSettings.small(7), 3 * HOUR_MILLIS, HOUR_MILLIS, ListRanker.NONE);

        Set<String> clicked = kept.clicked();
        double expected =
                kept.truths.values().stream().mapToDouble(Truth::click).sum();
        assertThat(clicked.size() / expected).as("clicks per expected click").isCloseTo(1, within(0.03));
        RankOrder best = new RankOrder();
        kept.truths.forEach((id, truth) -> best.add(truth.click(), clicked.contains(id)));
        assertThat(best.auc())
                .as("there is something to learn, and no model can know all")
                .isBetween(0.7, 0.9);
    }

    @Test
    void topOfThePageIsClickedMoreOnAPhoneThanOnATelevision() {
        assertThat(World.positionEffect(World.Device.PHONE, 0)).isZero();
        assertThat(World.positionEffect(World.Device.PHONE, 7))
                .isLessThan(World.positionEffect(World.Device.PHONE, 1))
                .isLessThan(World.positionEffect(World.Device.TV, 7));
    }

    @Test
    void rankerDecidesWhatIsShownExceptWhereTheSimulatorExplores() {
        // A ranker that is in love with even videos.
        ListRanker even = candidates -> {
            float[] scores = new float[candidates.size()];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = Integer.parseInt(candidates.get(i).videoId().substring(1)) % 2 == 0 ? 1 : 0;
            }
            return new ListRanker.Ranking("even", scores);
        };
        Kept kept = simulate(SimulationSettings.small(7), HOUR_MILLIS, HOUR_MILLIS, even);

        double evens = kept.impressions().values().stream()
                .filter(impression -> impression.position() == 0)
                .mapToDouble(impression -> Integer.parseInt(impression.videoId().substring(1)) % 2 == 0 ? 1 : 0)
                .average()
                .orElseThrow();
        assertThat(evens)
                .as("all of the ranked ones and half of the explored fifth")
                .isCloseTo(0.9, within(0.03));
    }

    @Test
    void candidatesCarryNothingThatOnlyThePageKnows() {
        List<Impression> seen = new ArrayList<>();
        simulate(SimulationSettings.small(7), 60_000, 60_000, candidates -> {
            seen.addAll(candidates);
            return null;
        });

        assertThat(seen).isNotEmpty().allMatch(impression -> impression.position() == Impression.NO_POSITION);
    }
}
