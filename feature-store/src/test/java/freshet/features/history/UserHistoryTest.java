package freshet.features.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserHistoryTest {
    private static final HistoryNeeds NEEDS = needs(3, 100, 100);

    private static HistoryNeeds needs(int recent, int channels, int videos) {
        return new HistoryNeeds(
                new TreeMap<>(Map.of("shown", recent, "watch", recent, "like", 2)), new TreeMap<>(), channels, videos);
    }

    private static Impression shown(String video, String channel, long time) {
        return Impression.builder("i" + time, "u", video, time)
                .channelId(channel)
                .build();
    }

    private static Feedback felt(String kind, String video, long time, double value) {
        return new Feedback("f" + time, null, "u", video, time, kind, value);
    }

    @Test
    void anEmptyHistoryKnowsNothing() {
        UserHistory history = new UserHistory();
        assertThat(history.impressions()).isZero();
        assertThat(history.impressionsOfChannel("c")).isZero();
        assertThat(history.impressionsOfVideo("v")).isZero();
        assertThat(history.lastWatchMillis()).isEqualTo(UserHistory.NEVER);
        assertThat(history.lastWatchOfChannelMillis("c")).isEqualTo(UserHistory.NEVER);
        assertThat(history.recentVideos("shown", 5)).isEmpty();
        assertThat(UserHistory.decode(history.encode()).encode()).isEqualTo(history.encode());
    }

    @Test
    void recentVideosAreDistinctAndNewestFirst() {
        UserHistory history = new UserHistory();
        List.of("a", "b", "a", "c", "d").forEach(video -> history.shown(shown(video, "c", 1), NEEDS));
        assertThat(history.recentVideos("shown", 5)).containsExactly("d", "c", "a");
        assertThat(history.recentVideos("shown", 2)).containsExactly("d", "c");
    }

    @Test
    void aWatchFindsItsChannelByTheVideo() {
        UserHistory history = new UserHistory();
        history.shown(shown("a", "c1", 1), NEEDS);
        history.shown(shown("b", "c2", 2), NEEDS);
        history.felt(felt("watch", "a", 5, 1000), NEEDS);
        history.felt(felt("watch", "never shown", 9, 1000), NEEDS);
        assertThat(history.lastWatchMillis()).isEqualTo(9);
        assertThat(history.lastWatchOfChannelMillis("c1")).isEqualTo(5);
        assertThat(history.lastWatchOfChannelMillis("c2")).isEqualTo(UserHistory.NEVER);
    }

    @Test
    void feedbackWithoutAPositiveValueDidNotHappen() {
        UserHistory history = new UserHistory();
        history.felt(felt("watch", "a", 5, 0), NEEDS);
        history.felt(felt("like", "a", 5, -1), NEEDS);
        assertThat(history.lastWatchMillis()).isEqualTo(UserHistory.NEVER);
        assertThat(history.recentVideos("like", 5)).isEmpty();
    }

    @Test
    void aSeedStandsBeforeWhatIsThereAndIsTakenOnce() {
        HistorySeed seed =
                new HistorySeed("u", 0, 10, new TreeMap<>(Map.of("shown", List.of("x", "y"), "hide", List.of("z"))));
        UserHistory history = new UserHistory();
        history.shown(shown("a", "c", 1), NEEDS);
        assertThat(history.seed(seed, NEEDS)).isTrue();
        assertThat(history.seed(seed, NEEDS)).isFalse();
        assertThat(history.impressions()).isEqualTo(11);
        assertThat(history.recentVideos("shown", 5)).containsExactly("a", "y", "x");
        assertThat(history.recentVideos("hide", 5)).as("nobody needs hides").isEmpty();
        assertThat(UserHistory.decode(history.encode()).seed(seed, NEEDS)).isFalse();
    }

    @Test
    void sizeIsBoundedByTheNeeds() {
        HistoryNeeds needs = needs(3, 5, 7);
        UserHistory history = new UserHistory();
        for (int time = 0; time < 10_000; time++) {
            history.shown(shown("v" + time, "c" + time, time), needs);
            history.felt(felt("watch", "v" + time, time, 1), needs);
        }
        assertThat(history.encode().length).isLessThan(5 * 20 + 7 * 20 + 6 * 8 + 40);
        UserHistory bare = new UserHistory();
        HistoryNeeds nothing = new HistoryNeeds(new TreeMap<>(), new TreeMap<>(), 0, 0);
        bare.shown(shown("v", "c", 1), nothing);
        bare.felt(felt("watch", "v", 2, 1), nothing);
        assertThat(bare.encode()).hasSize(1 + 1 + 1 + 1 + 3 + 1);
    }

    /** Against maps in order of last touch, which forget their eldest. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void forgetsTheChannelsAndVideosMetLongestAgo(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int maxChannels = random.nextInt(1, 12);
        int maxVideos = random.nextInt(1, 30);
        HistoryNeeds needs = needs(3, maxChannels, maxVideos);
        Map<String, Long> channels = new LinkedHashMap<>();
        Map<String, Long> watches = new LinkedHashMap<>();
        Map<String, Long> videos = new LinkedHashMap<>();
        Map<String, String> channelOf = new LinkedHashMap<>();
        UserHistory history = new UserHistory();
        for (long time = 0; time < 3000; time++) {
            String video = "v" + random.nextInt(40);
            String channel = "c" + random.nextInt(15);
            if (random.nextInt(3) > 0) {
                history.shown(shown(video, channel, time), needs);
                touch(videos, video, 1L, maxVideos);
                touch(channels, channel, 1L, maxChannels);
                channelOf.put(video, channel);
            } else {
                history.felt(felt("watch", video, time, 1), needs);
                if (videos.containsKey(video)) {
                    String watched = channelOf.getOrDefault(video, "?");
                    touch(channels, watched, 0L, maxChannels);
                    watches.put(watched, time);
                }
            }
            watches.keySet().retainAll(channels.keySet());
            if (random.nextInt(50) == 0) {
                byte[] bytes = history.encode();
                history = UserHistory.decode(bytes);
                assertThat(history.encode()).isEqualTo(bytes);
            }
            for (int i = 0; i < 40; i++) {
                assertThat(history.impressionsOfVideo("v" + i)).isEqualTo(videos.getOrDefault("v" + i, 0L));
                assertThat(history.impressionsOfChannel("c" + i)).isEqualTo(channels.getOrDefault("c" + i, 0L));
                assertThat(history.lastWatchOfChannelMillis("c" + i))
                        .isEqualTo(watches.getOrDefault("c" + i, UserHistory.NEVER));
            }
        }
    }

    private static void touch(Map<String, Long> map, String key, long more, int most) {
        Long before = map.remove(key);
        map.put(key, (before == null ? 0 : before) + more);
        if (map.size() > most) {
            map.remove(new ArrayList<>(map.keySet()).get(0));
        }
    }

    /** What was written before there were decayed counts. */
    @Test
    void versionOneIsStillRead() {
        UserHistory read = UserHistory.decode(
                HexFormat.of()
                        .parseHex(
                                "0103ca01c03e03046c696b65010177"
                                        + "0573686f776e0201610162057761746368020161013f025e82de5734cb95a50100"
                                        + "0e81dad27437097701e907025bcebea958a9a282010e81dad274370977d0d24a768832676e015e82de5734cb95a5"));
        assertThat(read.impressions()).isEqualTo(202);
        assertThat(read.lastWatchOfChannelMillis("c")).isEqualTo(3000);
        assertThat(read.decayedImpressions("like", DAY, 5000)).isZero();
    }

    @Test
    void decayedCountsHalveAfterTheirHalfLife() {
        UserHistory history = new UserHistory();
        HistoryNeeds needs = rates();
        history.shown(shown("a", "c", 0), needs);
        history.shown(shown("b", "c", DAY), needs);
        history.felt(felt("like", "b", DAY, 1), needs);
        history.felt(felt("hide", "b", DAY, 1), needs);
        assertThat(history.decayedImpressions("like", DAY, DAY)).isEqualTo(1.5);
        assertThat(history.decayedImpressions("like", DAY, 2 * DAY)).isEqualTo(0.75);
        assertThat(history.decayedFeedback("like", DAY, 3 * DAY)).isEqualTo(0.25);
        assertThat(history.decayedFeedback("hide", DAY, DAY)).isZero();
        UserHistory read = UserHistory.decode(history.encode());
        assertThat(read.encode()).isEqualTo(history.encode());
        assertThat(read.decayedFeedback("like", DAY, 3 * DAY)).isEqualTo(0.25);
    }

    @Test
    void aSeedCountsWhatItSaysAndEstimatesWhatWasCut() {
        HistorySeed seed = new HistorySeed(
                "u",
                0,
                100,
                new TreeMap<>(Map.of(
                        "shown",
                        List.of("a", "b", "c", "d"),
                        "like",
                        List.of("b"),
                        "long_view",
                        List.of("b", "c", "x", "y"))));
        HistoryNeeds needs = new HistoryNeeds(
                new TreeMap<>(),
                new TreeMap<>(Map.of(DAY, new TreeSet<>(List.of("click", "like", "long_view")))),
                0,
                0);
        UserHistory history = new UserHistory();
        history.seed(seed, needs);
        assertThat(history.decayedImpressions("like", DAY, 0)).isEqualTo(100);
        assertThat(history.decayedImpressions("click", DAY, 0))
                .as("the seed says nothing of clicks")
                .isZero();
        assertThat(history.decayedFeedback("like", DAY, 0)).isEqualTo(1);
        assertThat(history.decayedFeedback("long_view", DAY, 0)).isEqualTo(50);
    }

    private static final long DAY = 86_400_000L;

    private static HistoryNeeds rates() {
        return new HistoryNeeds(new TreeMap<>(), new TreeMap<>(Map.of(DAY, new TreeSet<>(List.of("like")))), 0, 0);
    }

    /** What this release writes. If this fails, stored state can no longer be read: add a version instead. */
    @Test
    void bytesAreThoseOfThisRelease() {
        UserHistory history = new UserHistory();
        history.seed(new HistorySeed("u", 0, 200, new TreeMap<>(Map.of("like", List.of("w")))), NEEDS);
        history.shown(shown("a", "c", 1000), NEEDS);
        history.shown(shown("b", "d", 2000), NEEDS);
        history.felt(felt("watch", "a", 3000, 1), NEEDS);
        history.felt(felt("watch", "?", 4000, 1), NEEDS);
        String golden = "0203ca01c03e"
                + "03046c696b65010177"
                + "0573686f776e0201610162"
                + "057761746368020161013f"
                + "025e82de5734cb95a50100"
                + "0e81dad27437097701e907"
                + "025bcebea958a9a282010e81dad274370977"
                + "d0d24a768832676e015e82de5734cb95a5"
                + "00";
        assertThat(HexFormat.of().formatHex(history.encode())).isEqualTo(golden);
        UserHistory read = UserHistory.decode(HexFormat.of().parseHex(golden));
        assertThat(read.impressions()).isEqualTo(202);
        assertThat(read.recentVideos("like", 9)).containsExactly("w");
        assertThat(read.recentVideos("shown", 9)).containsExactly("b", "a");
        assertThat(read.impressionsOfVideo("b")).isEqualTo(1);
        assertThat(read.lastWatchMillis()).isEqualTo(4000);
        assertThat(read.lastWatchOfChannelMillis("c")).isEqualTo(3000);
    }

    @Test
    void damagedOrNewerBytesAreRefused() {
        UserHistory history = new UserHistory();
        history.shown(shown("a", "c", 1000), NEEDS);
        byte[] bytes = history.encode();
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> UserHistory.decode(cut)).isInstanceOf(IllegalStateException.class);
        }
        bytes[0] = 3;
        assertThatThrownBy(() -> UserHistory.decode(bytes)).hasMessageContaining("found version 3");
    }
}
