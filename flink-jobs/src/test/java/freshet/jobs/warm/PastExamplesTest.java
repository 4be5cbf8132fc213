package freshet.jobs.warm;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.extract.FeatureExtractor;
import freshet.features.history.UserHistory;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Video;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PastExamplesTest {
    private static final long LAST_MILLIS = 1_650_800_000_000L;

    private static final FreshetConfig CONFIG = FreshetConfig.parse("past", """
            name: past
            tasks:
              - {name: click, label: {kind: click}, horizon: 10m, loss: logistic}
              - {name: like, label: {kind: like}, horizon: 10m, loss: logistic}
              - {name: adored, label: {kind: love}, given: like, horizon: 10m, loss: logistic}
              - {name: watch, label: {kind: watch, aggregate: sum}, horizon: 10m, loss: squared}
            features:
              ids:
                - {name: channel, field: channel_id}
                - {name: last_shown, kind: recent_videos, of: shown, count: 10}
                - {name: last_liked, kind: recent_videos, of: like, count: 10}
              numbers:
                - {name: impressions, kind: previous_impressions, scope: any}
                - {name: like_rate, kind: rate, of: like, half_life: 3d, prior: 0.1, strength: 10}
            model: {embeddings: [{feature: channel, dim: 4}]}
            """);

    private static final FeatureExtractor FEATURES = new FeatureExtractor(CONFIG.features());

    private static final Video OF_CHANNEL = new Video("b", "c7", null, 0, 0, new TreeMap<>(), new TreeMap<>());

    @Test
    void everyVideoShownIsAnExampleOfTheTasksThatTheListsAnswer() {
        HistorySeed seed =
                seed(3, Map.of("shown", List.of("a", "b", "c"), "like", List.of("b"), "love", List.of("b", "c")));

        List<LabeledExample> examples = examples(seed);

        assertThat(examples).extracting(LabeledExample::videoId).containsExactly("a", "b", "c");
        assertThat(examples)
                .extracting(LabeledExample::labels)
                .as("nothing is known of clicks, nor how long was watched; love is asked of what was liked")
                .containsExactly(
                        List.of(label("like", 0)),
                        List.of(label("like", 1), label("adored", 1)),
                        List.of(label("like", 0)));
        assertThat(examples).extracting(LabeledExample::impressionId).doesNotHaveDuplicates();
        assertThat(examples).allMatch(example -> example.eventTimeMillis() == LAST_MILLIS);
        assertThat(examples.get(1).features().ids()[0]).containsExactly("c7");
        assertThat(examples.get(0).features().ids()[0])
                .as("not in the catalogue")
                .isEmpty();
    }

    @Test
    void featuresAreThoseOfTheHistoryThatEndedThere() {
        // Seven were shown, the list has the last four; x was liked before them, a is shown again after its like.
        HistorySeed seed = seed(7, Map.of("shown", List.of("a", "b", "a", "c"), "like", List.of("x", "a", "b", "c")));

        List<LabeledExample> examples = examples(seed);

        List<HistorySeed> before = List.of(
                seed(3, Map.of("shown", List.of(), "like", List.of("x"))),
                seed(4, Map.of("shown", List.of("a"), "like", List.of("x", "a"))),
                seed(5, Map.of("shown", List.of("a", "b"), "like", List.of("x", "a", "b"))),
                seed(6, Map.of("shown", List.of("a", "b", "a"), "like", List.of("x", "a", "b"))));
        for (int i = 0; i < before.size(); i++) {
            assertThat(examples.get(i).features())
                    .as("example " + i)
                    .isEqualTo(featuresAfter(before.get(i), examples.get(i).videoId()));
        }
    }

    @Test
    void historyWithoutListsOfAnswersIsNoExample() {
        assertThat(examples(seed(2, Map.of("shown", List.of("a", "b"))))).isEmpty();
        assertThat(examples(seed(2, Map.of("like", List.of("a", "b"))))).isEmpty();
    }

    private static FeatureValues featuresAfter(HistorySeed seed, String videoId) {
        UserHistory history = new UserHistory();
        history.seed(seed, FEATURES.historyNeeds());
        Video video = videoId.equals("b") ? OF_CHANNEL : Video.unknown(videoId);
        return FEATURES.extract(video.shownTo("u", "any", LAST_MILLIS), history);
    }

    private static List<LabeledExample> examples(HistorySeed seed) {
        return new PastExamples(CONFIG.join().tasks(), FEATURES, Map.of("b", OF_CHANNEL)).of(seed);
    }

    private static HistorySeed seed(long impressions, Map<String, List<String>> recentVideos) {
        SortedMap<String, List<String>> sorted = new TreeMap<>(recentVideos);
        return new HistorySeed("u", LAST_MILLIS, impressions, sorted);
    }

    private static TaskLabel label(String task, float label) {
        return new TaskLabel(task, label, 1);
    }
}
