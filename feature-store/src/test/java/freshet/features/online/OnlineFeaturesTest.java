package freshet.features.online;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.extract.FeatureExtractor;
import freshet.features.history.UserHistory;
import freshet.features.spec.FeatureSpec;
import freshet.features.spec.IdFeature;
import freshet.features.spec.Measure;
import freshet.features.spec.NumberFeature;
import freshet.features.spec.Scope;
import freshet.features.spec.Transform;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import freshet.serde.feature.FeatureState;
import freshet.serde.feature.FeatureState.Key;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnlineFeaturesTest {
    private static final FeatureExtractor EXTRACTOR = new FeatureExtractor(new FeatureSpec(
            List.of(new IdFeature.RecentVideos("last_shown", UserHistory.SHOWN, 3)),
            List.of(new NumberFeature("shown", new Measure.PreviousImpressions(Scope.ANY), Transform.X)),
            FeatureSpec.DEFAULT_MAX_CHANNELS,
            FeatureSpec.DEFAULT_MAX_VIDEOS));

    private static Impression impression(String user, String video) {
        return Impression.builder("i", user, video, 1000).build();
    }

    @Test
    void computesWhatTheJobWouldFromTheStateThatItWrote() {
        UserHistory history = new UserHistory();
        history.shown(impression("u", "v1"), EXTRACTOR.historyNeeds());
        history.shown(impression("u", "v2"), EXTRACTOR.historyNeeds());
        List<Key> asked = new ArrayList<>();
        OnlineFeatures online = new OnlineFeatures(EXTRACTOR, key -> {
            asked.add(key);
            return key.id().equals("u") ? new FeatureState(key, 1000, history.encode()) : null;
        });

        FeatureValues expected = new FeatureValues(new String[][] {{"v2", "v1"}}, new float[] {2});
        assertThat(online.of(impression("u", "v3"))).isEqualTo(expected);
        asked.clear();
        assertThat(online.of(List.of(impression("u", "v3"), impression("u", "v4"), impression("new", "v3"))))
                .containsExactly(expected, expected, new FeatureValues(new String[][] {{}}, new float[] {0}));
        assertThat(asked).containsExactly(Key.user("u"), Key.user("new"));
    }

    @Test
    void theSkewSaysWhichFeatureDiffersHowOftenAndByHowMuch() {
        FeatureSkew skew = new FeatureSkew(EXTRACTOR.schema());
        FeatureValues two = new FeatureValues(new String[][] {{"v2", "v1"}}, new float[] {2});
        skew.add(two, new FeatureValues(new String[][] {{"v2", "v1"}}, new float[] {2}));
        assertThat(skew.differing()).isZero();
        assertThat(skew).hasToString("no difference in 1 impressions");

        skew.add(two, new FeatureValues(new String[][] {{"v1", "v2"}}, new float[] {5}));
        assertThat(skew.compared()).isEqualTo(2);
        assertThat(skew.differing()).isEqualTo(2);
        assertThat(skew.lines())
                .containsExactly(new FeatureSkew.Line("last_shown", 2, 1, 0), new FeatureSkew.Line("shown", 2, 1, 1.5));
        assertThat(skew.toString()).contains("shown: differs in 0.5, by 1.5 on average");
        // A zero of the other sign is another input to a model that was golden-tested to the bit.
        FeatureSkew zeros = new FeatureSkew(EXTRACTOR.schema());
        zeros.add(
                new FeatureValues(new String[][] {{}}, new float[] {0f}),
                new FeatureValues(new String[][] {{}}, new float[] {-0f}));
        assertThat(zeros.differing()).isEqualTo(1);
    }
}
