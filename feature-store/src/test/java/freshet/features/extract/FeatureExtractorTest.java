package freshet.features.extract;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.history.UserHistory;
import freshet.features.spec.FeatureSpec;
import freshet.features.spec.IdFeature;
import freshet.features.spec.IdField;
import freshet.features.spec.Measure;
import freshet.features.spec.NumberFeature;
import freshet.features.spec.Scope;
import freshet.features.spec.Transform;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FeatureExtractorTest {
    private static final long NOON = Instant.parse("2022-04-25T12:00:00Z").toEpochMilli();

    private static String[] ids(IdFeature feature, Impression impression, UserHistory history) {
        FeatureSpec spec = new FeatureSpec(List.of(feature), List.of(), 10, 10);
        return new FeatureExtractor(spec).extract(impression, history).ids()[0];
    }

    private static float number(Measure measure, Impression impression, UserHistory history) {
        FeatureSpec spec = new FeatureSpec(List.of(), List.of(new NumberFeature("n", measure, Transform.X)), 10, 10);
        return new FeatureExtractor(spec).extract(impression, history).numbers()[0];
    }

    private static Impression.Builder impression() {
        return Impression.builder("i", "u", "v", NOON);
    }

    @Test
    void fieldsAreTheirValuesAndMissingOnesAreEmpty() {
        Impression full = impression()
                .channelId("c")
                .device("d")
                .surface("s")
                .queryVideoId("q")
                .userLanguage("ul")
                .videoLanguage("vl")
                .position(0)
                .ids("tag", List.of("x", "y"))
                .build();
        String[][] expected = {{"u"}, {"v"}, {"c"}, {"d"}, {"s"}, {"q"}, {"ul"}, {"vl"}, {"0"}, {"x", "y"}};
        for (IdField.Source source : IdField.Source.values()) {
            IdFeature field = new IdFeature.Field("f", new IdField(source, source == IdField.Source.IDS ? "tag" : ""));
            assertThat(ids(field, full, new UserHistory())).as("%s", source).isEqualTo(expected[source.ordinal()]);
            assertThat(ids(field, impression().build(), new UserHistory()))
                    .as("%s", source)
                    .hasSize(source.ordinal() < 2 ? 1 : 0);
        }
    }

    @Test
    void aCrossHasEveryCombination() {
        IdFeature cross = new IdFeature.Cross(
                "x",
                List.of(
                        new IdField(IdField.Source.IDS, "a"),
                        new IdField(IdField.Source.USER_ID, ""),
                        new IdField(IdField.Source.IDS, "b")));
        Impression.Builder builder = impression().ids("a", List.of("1", "2"));
        assertThat(ids(cross, builder.build(), new UserHistory())).isEmpty();
        builder.ids("b", List.of("3", "4"));
        assertThat(ids(cross, builder.build(), new UserHistory())).containsExactly("1|u|3", "1|u|4", "2|u|3", "2|u|4");
        List<String> many = IntStream.range(0, 100).mapToObj(Integer::toString).toList();
        assertThat(ids(cross, builder.ids("a", many).ids("b", many).build(), new UserHistory()))
                .hasSize(FeatureExtractor.MAX_CROSSED)
                .startsWith("0|u|0", "0|u|1");
    }

    @ParameterizedTest
    @CsvSource({
        "2022-04-25T00:00:00Z, 0, 0",
        "2022-05-01T23:59:59.999Z, 0, 167",
        "2022-05-01T23:59:59.999Z, 1, 0",
        "2022-04-25T12:00:00Z, 8, 20",
        "2022-04-25T00:00:00Z, -1, 167",
        "2022-04-25T18:29:00Z, 5.5, 23",
    })
    void hoursOfTheWeekBeginOnMonday(Instant at, double offsetHours, String hour) {
        Impression shown = Impression.builder("i", "u", "v", at.toEpochMilli()).build();
        assertThat(ids(new IdFeature.HourOfWeek("h", (long) (offsetHours * 3_600_000)), shown, new UserHistory()))
                .containsExactly(hour);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "0.99,0", "1,1", "1.99,1", "2,2", "3,2", "4,3", "1e30,63", "-5,-3"})
    void bucketsArePowersOfTwo(float value, String bucket) {
        IdFeature feature = new IdFeature.Bucket("b", new Measure.Field("x"));
        assertThat(ids(feature, impression().number("x", value).build(), new UserHistory()))
                .containsExactly(bucket);
        assertThat(ids(feature, impression().build(), new UserHistory())).isEmpty();
    }

    @Test
    void measuresAreInTheirUnitsAndZeroWhereMissing() {
        UserHistory history = new UserHistory();
        Impression now = impression()
                .channelId("c")
                .videoDurationMillis(90_500)
                .videoPublishedAtMillis(NOON - 5_400_000)
                .number("x", -2.5f)
                .build();
        List<Measure> measures = List.of(
                new Measure.Field("x"),
                new Measure.VideoDuration(),
                new Measure.VideoAge(),
                new Measure.TimeSinceLast("watch", Scope.ANY, Measure.FOREVER),
                new Measure.TimeSinceLast("watch", Scope.CHANNEL, Measure.FOREVER),
                new Measure.PreviousImpressions(Scope.ANY),
                new Measure.PreviousImpressions(Scope.CHANNEL),
                new Measure.PreviousImpressions(Scope.VIDEO));
        assertThat(measures)
                .map(measure -> number(measure, impression().build(), history))
                .containsOnly(0f);

        FeatureSpec spec = new FeatureSpec(
                List.of(),
                measures.stream()
                        .map(m -> new NumberFeature("n" + measures.indexOf(m), m, Transform.X))
                        .toList(),
                10,
                10);
        history.shown(
                Impression.builder("1", "u", "other", NOON - 9000)
                        .channelId("c")
                        .build(),
                spec.historyNeeds());
        history.shown(
                Impression.builder("2", "u", "v", NOON - 8000).channelId("d").build(), spec.historyNeeds());
        history.felt(new Feedback("f", null, "u", "other", NOON - 7000, "watch", 10), spec.historyNeeds());
        history.felt(new Feedback("g", null, "u", "v", NOON - 2500, "watch", 10), spec.historyNeeds());
        assertThat(new FeatureExtractor(spec).extract(now, history).numbers())
                .containsExactly(-2.5f, 90.5f, 1.5f, 2.5f, 7f, 2f, 1f, 1f);
    }

    @Test
    void aVideoOfTheFutureHasNoAge() {
        Impression early = impression().videoPublishedAtMillis(NOON + 1000).build();
        assertThat(number(new Measure.VideoAge(), early, new UserHistory())).isZero();
    }

    @Test
    void extractionChangesNothing() {
        FeatureSpec spec = new FeatureSpec(
                List.of(new IdFeature.RecentVideos("r", UserHistory.SHOWN, 5)),
                List.of(new NumberFeature("n", new Measure.PreviousImpressions(Scope.VIDEO), Transform.X)),
                10,
                10);
        UserHistory history = new UserHistory();
        history.shown(impression().build(), spec.historyNeeds());
        byte[] before = history.encode();
        FeatureExtractor extractor = new FeatureExtractor(spec);
        List<FeatureValues> values = Stream.generate(
                        () -> extractor.extract(impression().build(), history))
                .limit(3)
                .toList();
        assertThat(values).isEqualTo(Collections.nCopies(3, values.get(0)));
        assertThat(history.encode()).isEqualTo(before);
    }
}
