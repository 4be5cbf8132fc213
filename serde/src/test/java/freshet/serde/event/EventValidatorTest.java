package freshet.serde.event;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.event.DeadLetter.Reason;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventValidatorTest {
    private static final long TIME = 1_650_866_400_000L;

    private static Impression.Builder good() {
        return Impression.builder("i1", "u1", "v1", TIME);
    }

    private static void refused(Event event, Reason reason, String detail) {
        assertThat(EventValidator.problemOf(event)).hasValueSatisfying(problem -> {
            assertThat(problem.reason()).isEqualTo(reason);
            assertThat(problem.detail()).contains(detail);
        });
    }

    @Test
    void aPlainImpressionIsGood() {
        assertThat(EventValidator.problemOf(good().build())).isEmpty();
    }

    @Test
    void idsMustBeThere() {
        refused(Impression.builder("", "u", "v", TIME).build(), Reason.MISSING_ID, "impression_id");
        refused(Impression.builder("i", "", "v", TIME).build(), Reason.MISSING_ID, "user_id");
        refused(Impression.builder("i", "u", "", TIME).build(), Reason.MISSING_ID, "video_id");
        refused(new Feedback("", null, "u", "v", TIME, "click", 1), Reason.MISSING_ID, "feedback_id");
        refused(new Feedback("f", null, "u", "v", TIME, "", 1), Reason.MISSING_ID, "kind");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "1650866400000000, microseconds",
        "1650866400000000000, nanoseconds",
        "1650866400, seconds",
        "0, found 0;",
        "-1, found -1;",
        "1104537599999, found 1104537599999;",
        "4102444800000, found 4102444800000;",
        "9223372036854775807, found 9223372036854775807;",
        "-9223372036854775808, expected milliseconds"
    })
    void timesOutsideTheCenturyAreNamedForWhatTheyLookLike(long time, String detail) {
        refused(Impression.builder("i", "u", "v", time).build(), Reason.BAD_TIME, detail);
    }

    @Test
    void theFirstAndLastMillisecondsAreGood() {
        for (long time : new long[] {EventValidator.MIN_TIME_MILLIS, EventValidator.MAX_TIME_MILLIS - 1}) {
            assertThat(EventValidator.problemOf(
                            Impression.builder("i", "u", "v", time).build()))
                    .isEmpty();
        }
    }

    @Test
    void numbersMustBeFiniteAndInRange() {
        refused(good().number("x", Float.NaN).build(), Reason.BAD_NUMBER, "numbers.x");
        refused(good().score("click", Float.POSITIVE_INFINITY).build(), Reason.BAD_NUMBER, "scores.click");
        refused(good().position(-2).build(), Reason.BAD_NUMBER, "position");
        refused(good().videoDurationMillis(-1).build(), Reason.BAD_NUMBER, "video_duration_ms");
        refused(good().videoPublishedAtMillis(-1).build(), Reason.BAD_TIME, "video_published_at");
        refused(new Feedback("f", null, "u", "v", TIME, "watch", -1), Reason.BAD_NUMBER, "watch time below zero");
        refused(new Feedback("f", null, "u", "v", TIME, "rate", Double.NaN), Reason.BAD_NUMBER, "value");
        assertThat(EventValidator.problemOf(new Feedback("f", null, "u", "v", TIME, "vote", -1)))
                .isEmpty();
        refused(new HistorySeed("u", TIME, -1, new TreeMap<>()), Reason.BAD_NUMBER, "impressions");
    }

    @Test
    void limitsCountBytesOfUtf8AndHoldAtTheirEdge() {
        String two = "é".repeat(EventValidator.MAX_TEXT_BYTES / 2);
        String four = "🎬".repeat(EventValidator.MAX_TEXT_BYTES / 4);
        assertThat(EventValidator.problemOf(good().channelId(two).device(four).build()))
                .isEmpty();
        refused(good().channelId(two + "a").build(), Reason.TOO_LONG, "channel_id: found 513 bytes");
        refused(good().device(four + "a").build(), Reason.TOO_LONG, "device: found 513 bytes");
        refused(good().ids(two + "a", List.of()).build(), Reason.TOO_LONG, "ids");
        refused(good().ids("tag", List.of(two + "a")).build(), Reason.TOO_LONG, "ids");
    }

    @Test
    void listsAndMapsHaveAnEnd() {
        List<String> full = Collections.nCopies(EventValidator.MAX_LIST_ITEMS, "t");
        assertThat(EventValidator.problemOf(good().ids("tag", full).build())).isEmpty();
        List<String> over = Collections.nCopies(EventValidator.MAX_LIST_ITEMS + 1, "t");
        refused(good().ids("tag", over).build(), Reason.TOO_LONG, "1025 ids under one name");

        Impression.Builder many = good();
        for (int i = 0; i <= EventValidator.MAX_MAP_ENTRIES; i++) {
            many.number("n" + i, i);
        }
        refused(many.build(), Reason.TOO_LONG, "257 names");
    }

    @Test
    void halfACharacterIsNoUnicode() {
        assertThat(EventValidator.isUnicode("")).isTrue();
        assertThat(EventValidator.isUnicode("é視🎬x")).isTrue();
        assertThat(EventValidator.isUnicode("\ud83c")).isFalse();
        assertThat(EventValidator.isUnicode("\udfac\ud83c")).isFalse();
        assertThat(EventValidator.isUnicode("x\ud83cx")).isFalse();
    }
}
