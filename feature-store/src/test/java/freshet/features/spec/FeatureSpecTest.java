package freshet.features.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FeatureSpecTest {
    private static final String FIELDS =
            "user_id, video_id, channel_id, device, surface, query_video_id, user_language,"
                    + " video_language, position, ids.<name>";
    private static final String MEASURES =
            "time_since_last_watch, time_since_last, previous_impressions, impressions_since, decayed_impressions,"
                    + " video_duration, video_age, rate, numbers.<name>";

    private static FeatureSpec read(String json) {
        try {
            ConfigNode root = ConfigNode.root(
                    "test",
                    JsonMapper.builder()
                            .enable(JsonParser.Feature.ALLOW_UNQUOTED_FIELD_NAMES)
                            .enable(JsonParser.Feature.ALLOW_SINGLE_QUOTES)
                            .build()
                            .readTree(json));
            FeatureSpec spec = FeatureSpec.read(root.child("features"));
            root.check();
            return spec;
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void namesStandInFileOrder() {
        FeatureSpec spec = read("""
                        {features: {
                          ids: [
                            {name: 'video', field: 'video_id'},
                            {name: 'tag', field: 'ids.tag'},
                            {name: 'both', cross: ['video_id', 'ids.tag']},
                            {name: 'hour', kind: 'hour_of_week', utc_offset_hours: 5.5},
                            {name: 'liked', kind: 'recent_videos', of: 'like', count: 7},
                            {name: 'since', kind: 'bucket', of: 'time_since_last_watch', scope: 'channel'}],
                          numbers: [
                            {name: 'seen', kind: 'previous_impressions', scope: 'video', transform: 'log1p'},
                            {name: 'price', field: 'numbers.price'}],
                          history: {max_channels: 5, max_videos: 6}}}
                        """);
        assertThat(spec.schema().idNames()).containsExactly("video", "tag", "both", "hour", "liked", "since");
        assertThat(spec.schema().numberNames()).containsExactly("seen", "price");
        assertThat(spec.ids().get(3)).isEqualTo(new IdFeature.HourOfWeek("hour", 19_800_000));
        assertThat(spec.ids().get(5))
                .isEqualTo(new IdFeature.Bucket(
                        "since", new Measure.TimeSinceLast("watch", Scope.CHANNEL, Measure.FOREVER)));
        assertThat(spec.numbers().get(0))
                .isEqualTo(new NumberFeature("seen", new Measure.PreviousImpressions(Scope.VIDEO), Transform.LOG1P));
        assertThat(spec.historyNeeds().recentVideos()).isEqualTo(new TreeMap<>(Map.of("like", 7)));
        assertThat(spec.historyNeeds().scopes())
                .extracting(scope -> scope.ids().name() + " " + scope.maxRows())
                .containsExactly("channel_id 5", "video_id 6");
    }

    @Test
    void aHistoryKeepsOnlyWhatFeaturesAskFor() {
        FeatureSpec spec = read("{features: {numbers: [{name: 'n', kind: 'previous_impressions'}]}}");
        assertThat(spec.historyNeeds().scopes()).isEmpty();
        assertThat(spec.historyNeeds().lastTimes()).isEmpty();
        assertThat(spec.historyNeeds().recentVideos()).isEmpty();
    }

    @Test
    void everyMistakeIsNamedWithItsPath() {
        ConfigException mistakes = catchThrowableOfType(ConfigException.class, () -> read("""
                        {features: {
                          ids: [
                            {name: 'a', field: 'videoid'},
                            {name: 'a', field: 'video_id'},
                            {field: 'ids.'},
                            {name: 'b', cross: ['video_id']},
                            {name: 'c', kind: 'recent'},
                            {name: 'd', kind: 'recent_videos', count: 0},
                            {name: 'e', kind: 'bucket', of: 'since'},
                            {name: 'f', field: 'video_id', cross: ['user_id', 'device']},
                            {name: 'g'},
                            {name: 'h', field: 'device', scope: 'any'}],
                          numbers: [
                            {name: 'b', kind: 'video_age'},
                            {name: 'm', field: 'price'},
                            {name: 'n', kind: 'time_since_last_watch', scope: 'topic', ttl: 'soon', transform: 'log'},
                            {name: 'o', kind: 'time_since_last', scope: 'user_id'}],
                          history: {max_videos: 0, expire_after: '0s'}}}
                        """));
        assertThat(String.join("\n", mistakes.problems()))
                .isEqualTo("""
                        features.ids[0].field: found 'videoid', expected one of FIELDS
                        features.ids[1].name: found 'a' a second time, expected every feature to have a name of its own
                        features.ids[2].name: missing; expected text
                        features.ids[2].field: found 'ids.', expected one of FIELDS
                        features.ids[3].cross: found 1 field, expected a list of at least two
                        features.ids[4].kind: found 'recent', expected one of hour_of_week, recent_videos, bucket
                        features.ids[5].of: missing; expected text
                        features.ids[5].count: found '0', expected a whole number from 1 to 1000
                        features.ids[6].of: found 'since', expected one of MEASURES
                        features.ids[7].field: found field and cross, expected exactly one of field, cross, kind
                        features.ids[8].field: found none, expected exactly one of field, cross, kind
                        features.numbers[0].name: found 'b' a second time, expected every feature to have a name of its own
                        features.numbers[1].field: found 'price', expected numbers.<name>
                        features.numbers[2].scope: found 'topic', expected one of any, channel, video, FIELDS
                        features.numbers[2].ttl: found 'soon', expected a span of time such as 500ms, 30s, 10m, 1h or 2d
                        features.numbers[2].transform: found 'log', expected one of x, sqrt, square, log1p, logit
                        features.numbers[3].of: missing; expected text
                        features.numbers[3].scope: found 'user_id', expected any: every event of a history is its viewer's
                        features.history.max_videos: found '0', expected a whole number from 1 to 100000
                        features.history.expire_after: found '0', expected a span longer than nothing
                        features.ids[9].scope: not a known key; allowed here: cross, field, kind, name""".replace("FIELDS", FIELDS).replace("MEASURES", MEASURES));
    }

    @Test
    void noFeaturesAtAllIsAMistake() {
        ConfigException mistakes = catchThrowableOfType(ConfigException.class, () -> read("{features: {}}"));
        assertThat(mistakes.problems()).singleElement().asString().startsWith("features.ids: found no features");
    }
}
