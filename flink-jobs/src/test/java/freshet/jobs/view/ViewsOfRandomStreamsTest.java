package freshet.jobs.view;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.extract.FeatureExtractor;
import freshet.features.extract.ViewExtractor;
import freshet.features.history.UserHistory;
import freshet.features.online.FeatureSkew;
import freshet.features.online.OnlineFeatures;
import freshet.features.spec.View;
import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.feature.FeatureState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cores of both views, driven as the operators do, against loops over all events; and a server beside them. */
class ViewsOfRandomStreamsTest {
    private static final FreshetConfig CONFIG = ReferenceViews.config();

    private final FeatureExtractor extractor = new FeatureExtractor(CONFIG.features());
    private final Map<FeatureState.Key, ViewState> states = new HashMap<>();
    private final List<Impression> enriched = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void everyImpressionKnowsWhatHappenedBeforeItAndNoMore(long seed) {
        ViewerEvents viewers = new ViewerEvents(seed, 5, 250);
        SplittableRandom random = new SplittableRandom(seed);
        List<Event> events = new ArrayList<>(viewers.events());
        events.sort(Comparator.comparingLong(Event::eventTimeMillis));

        for (int from = 0; from < events.size(); ) {
            int to = Math.min(events.size(), from + random.nextInt(1, 30));
            while (to < events.size()
                    && events.get(to).eventTimeMillis() == events.get(to - 1).eventTimeMillis()) {
                to++;
            }
            process(events.subList(from, to), random);
            from = to;
        }

        List<Impression> expected = ReferenceViews.enriched(viewers.events()).stream()
                .filter(Impression.class::isInstance)
                .map(Impression.class::cast)
                .toList();
        assertThat(enriched).containsExactlyInAnyOrderElementsOf(expected).hasSizeGreaterThan(240);
        assertThat(enriched).anySatisfy(i -> assertThat(i.numbers()).containsKey("@channel_click"));
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void aServerWithoutLagComputesTheSame(long seed) {
        ViewerEvents viewers = new ViewerEvents(seed, 5, 250);
        List<Event> events = new ArrayList<>(viewers.events());
        events.sort(Event.ORDER);
        OnlineFeatures server = new OnlineFeatures(extractor, key -> {
            ViewState state = states.get(key);
            return state == null ? null : new FeatureState(key, state.processedThroughMillis, state.history.encode());
        });
        FeatureSkew skew = new FeatureSkew(extractor.schema());
        Map<String, Impression> expected = new HashMap<>();
        ReferenceViews.enriched(viewers.events()).forEach(event -> {
            if (event instanceof Impression impression) {
                expected.put(impression.id(), impression);
            }
        });
        for (int from = 0; from < events.size(); ) {
            int to = from + 1;
            while (to < events.size()
                    && events.get(to).eventTimeMillis() == events.get(from).eventTimeMillis()) {
                to++;
            }
            if (events.get(from) instanceof Impression request) {
                Impression seen = expected.get(request.id());
                if (seen != null) {
                    skew.add(server.of(request), extractor.extract(seen, new UserHistory()));
                }
            }
            process(events.subList(from, to), new SplittableRandom(seed));
            from = to;
        }
        assertThat(skew.compared()).isGreaterThan(240);
        assertThat(skew.differing()).as(skew.toString()).isZero();
    }

    @Test
    void whatComesTooLateHasNoViewAndChangesNone() {
        long start = ViewerEvents.START;
        Impression first = Impression.builder("i1", "u", "v", start).build();
        Impression late = Impression.builder("i0", "u", "v", start - 1)
                .number("@video_shown", 9)
                .build();
        process(List.of(first), new SplittableRandom(1));
        byte[] before = encodedVideo("v");
        process(List.of(late, new Feedback("f", "i0", "u", "v", start - 1, "like", 1)), new SplittableRandom(1));
        assertThat(enriched.get(1).numbers()).isEmpty();
        assertThat(encodedVideo("v")).isEqualTo(before);
    }

    private byte[] encodedVideo(String id) {
        return states.getOrDefault(FeatureState.Key.video(id), new ViewState()).encode();
    }

    /** One advance of event time: each video takes its events, then each channel, through the bytes of their states. */
    private void process(List<Event> events, SplittableRandom random) {
        Map<String, List<Event>> ofVideos = new HashMap<>();
        for (Event event : events) {
            if (event instanceof Impression impression) {
                ofVideos.computeIfAbsent(impression.videoId(), id -> new ArrayList<>())
                        .add(event);
            } else if (event instanceof Feedback feedback) {
                ofVideos.computeIfAbsent(feedback.videoId(), id -> new ArrayList<>())
                        .add(event);
            } else {
                assertThat(event).isInstanceOf(HistorySeed.class);
            }
        }
        Map<String, List<Event>> ofChannels = new HashMap<>();
        long through = events.get(events.size() - 1).eventTimeMillis();
        process(View.VIDEO, ofVideos, through, random, new ViewOutput() {
            @Override
            public void impression(Impression impression) {
                String channel = impression.channelId();
                if (channel == null) {
                    enriched.add(impression);
                } else {
                    ofChannels.computeIfAbsent(channel, id -> new ArrayList<>()).add(impression);
                }
            }

            @Override
            public void feedback(String channelId, Feedback feedback) {
                ofChannels.computeIfAbsent(channelId, id -> new ArrayList<>()).add(feedback);
            }
        });
        process(View.CHANNEL, ofChannels, through, random, new ViewOutput() {
            @Override
            public void impression(Impression impression) {
                enriched.add(impression);
            }

            @Override
            public void feedback(String channelId, Feedback feedback) {
                // has been counted
            }
        });
    }

    private void process(
            View view, Map<String, List<Event>> byKey, long through, SplittableRandom random, ViewOutput out) {
        ViewExtractor of = extractor.views().get(view.ordinal());
        ViewCore core = new ViewCore(of, CONFIG.features().viewsExpireAfterMillis());
        byKey.forEach((id, events) -> {
            FeatureState.Key key = view == View.VIDEO ? FeatureState.Key.video(id) : FeatureState.Key.channel(id);
            ViewState state = states.getOrDefault(key, new ViewState());
            for (int i = events.size() - 1; i > 0; i--) {
                Collections.swap(events, i, random.nextInt(i + 1));
            }
            core.process(state, events, through, out);
            states.put(key, ViewState.decode(state.encode()));
        });
    }
}
