package freshet.jobs.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.features.extract.FeatureExtractor;
import freshet.features.spec.Transform;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserStateTest {
    /** Written for {@link #full} by earlier releases; histories of version 1 knew no rates. */
    private static final String WITH_HISTORY_1 = "user-state-v1-history-v1.hex";

    private static final String WITH_HISTORY_2 = "user-state-v1-history-v2.hex";

    private static final String WITH_HISTORY_3 = "user-state-v1-history-v3.hex";

    private static final String NEWEST = "user-state-v2-history-v3.hex";

    /** A state with something of everything in it. */
    private static UserState full() {
        LabelRule click =
                new LabelRule("click", LabelRule.Aggregate.ANY, Optional.empty(), LabelRule.Divisor.ONE, Transform.X);
        LabelRule watch = new LabelRule(
                "watch", LabelRule.Aggregate.SUM, Optional.empty(), LabelRule.Divisor.SECOND, Transform.LOG1P);
        Duration minute = Duration.ofMinutes(1);
        JoinSpec spec = new JoinSpec(
                List.of(
                        new TaskRule("click", click, minute, TaskRule.Decide.EARLY, null),
                        new TaskRule("watch", watch, minute, TaskRule.Decide.EARLY, "click")),
                minute,
                minute,
                minute);
        JoinCore core = new JoinCore(spec, new FeatureExtractor(ReferenceFeatures.spec()));
        CollectedOutput out = new CollectedOutput(spec);
        UserState state = new UserState();
        long start = RandomStream.START;
        Impression.Builder second = Impression.builder("i2", "u", "v2", start + 2000)
                .requestId("r")
                .channelId("c")
                .position(3)
                .device("d")
                .surface("s")
                .queryVideoId("v1")
                .userLanguage("de")
                .videoLanguage("\u00fc\u8f38")
                .videoDurationMillis(5000)
                .videoPublishedAtMillis(start - 1)
                .ids("tag", List.of("x", "y"))
                .number("price", -1.5f)
                .modelVersion("20220425T00Z")
                .score("click", 0.25f);
        List<Event> events = List.of(
                new HistorySeed("u", start, 7, new TreeMap<>(Map.of("like", List.of("v8", "v9")))),
                Impression.builder("i1", "u", "v1", start + 1000).channelId("c").build(),
                new Feedback("f1", "i1", "u", "v1", start + 1500, "watch", 2500),
                second.build(),
                new Feedback("f2", "?", "u", "v5", start + 2100, "click", 1),
                new Feedback("f3", null, "u", "v2", start + 9000, "click", 1));
        events.forEach(event -> core.accept(state, EncodedEvent.of(event), Long.MIN_VALUE, out));
        core.advance(state, start + 2100, out);
        core.accept(
                state,
                EncodedEvent.of(
                        Impression.builder("i3", "u", "v3", start + 9000).build()),
                start + 2100,
                out);
        return state;
    }

    @Test
    void anEmptyStateIsSmallAndComesBack() {
        byte[] bytes = new UserState().encode();
        assertThat(bytes.length).isLessThan(50);
        UserState state = UserState.decode(bytes);
        assertThat(state.encode()).isEqualTo(bytes);
        assertThat(state.nextDueMillis()).isEqualTo(Long.MAX_VALUE);
    }

    /** If this fails, checkpoints can no longer be read: add a version instead. */
    @Test
    void writesTheBytesOfThisRelease() throws IOException {
        UserState state = full();
        assertThat(state.pending.size()).isEqualTo(2);
        assertThat(state.open.size()).isEqualTo(2);
        assertThat(state.waiting).hasSize(1);
        assertThat(state.seenImpressions.size()).isEqualTo(2);
        assertThat(state.seenFeedback.size()).isEqualTo(2);
        byte[] bytes = state.encode();
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(stored(NEWEST));
        assertThat(UserState.decode(bytes).encode()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {WITH_HISTORY_1, WITH_HISTORY_2, WITH_HISTORY_3})
    void readsTheBytesOfEarlierReleases(String resource) throws IOException {
        UserState state = UserState.decode(HexFormat.of().parseHex(stored(resource)));
        assertThat(state.newestEventMillis).isEqualTo(state.processedThroughMillis);
        UserState expected = full();
        assertThat(state.nextDueMillis()).isEqualTo(expected.nextDueMillis());
        assertThat(state.pending.size()).isEqualTo(expected.pending.size());
        for (int i = 0; i < expected.pending.size(); i++) {
            assertThat(state.pending.event(i, "u")).isEqualTo(expected.pending.event(i, "u"));
        }
        assertThat(state.waiting).isEqualTo(expected.waiting);
        assertThat(state.open.get(0).folded(0)).isZero();
        assertThat(state.open.get(0).folded(1)).isEqualTo(2500);
        assertThat(state.history().impressions()).isEqualTo(9);
    }

    private static String stored(String resource) throws IOException {
        try (InputStream in = UserStateTest.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }

    @Test
    void damagedBytesAreRefusedAndNeverMisread() {
        byte[] bytes = full().encode();
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> UserState.decode(cut)).isInstanceOf(IllegalStateException.class);
        }
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        assertThatThrownBy(() -> UserState.decode(longer)).hasMessageContaining("after the end");
        byte[] newer = bytes.clone();
        newer[0] = 9;
        assertThatThrownBy(() -> UserState.decode(newer)).hasMessageContaining("found version 9, expected 1 to 2");
        assertThatThrownBy(() -> UserState.decode("not a state".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void flippedBytesNeverThrowAnythingUnexpected() {
        byte[] bytes = full().encode();
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 20_000; round++) {
            byte[] flipped = bytes.clone();
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                UserState.decode(flipped);
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("reading");
            }
        }
    }
}
