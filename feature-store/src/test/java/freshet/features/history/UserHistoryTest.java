package freshet.features.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.features.spec.IdField;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    private static final IdField CHANNEL = new IdField(IdField.Source.CHANNEL_ID, "");
    private static final IdField VIDEO = new IdField(IdField.Source.VIDEO_ID, "");
    private static final HistoryNeeds NEEDS = needs(3, 100, 100);

    private static HistoryNeeds needs(int recent, int channels, int videos) {
        return new HistoryNeeds(
                new TreeMap<>(Map.of("shown", recent, "watch", recent, "like", 2)),
                new TreeMap<>(),
                new TreeSet<>(List.of("watch")),
                new TreeSet<>(),
                List.of(
                        new ScopeNeeds(CHANNEL, List.of(Column.impressions(), Column.last("watch")), channels),
                        new ScopeNeeds(VIDEO, List.of(Column.impressions()), videos)),
                List.of(CHANNEL),
                HistoryNeeds.NEVER_EXPIRES);
    }

    private static HistoryNeeds rates(long halfLifeMillis, String... kinds) {
        return new HistoryNeeds(
                new TreeMap<>(),
                kinds.length == 0
                        ? new TreeMap<>()
                        : new TreeMap<>(Map.of(halfLifeMillis, new TreeSet<>(List.of(kinds)))),
                new TreeSet<>(),
                new TreeSet<>(),
                List.of(),
                List.of(),
                HistoryNeeds.NEVER_EXPIRES);
    }

    private static long impressionsOfChannel(UserHistory history, String channel) {
        return history.impressionsOf("channel_id", channel);
    }

    private static long impressionsOfVideo(UserHistory history, String video) {
        return history.impressionsOf("video_id", video);
    }

    private static long lastWatchOfChannel(UserHistory history, String channel) {
        return history.lastMillisOf("channel_id", channel, "watch");
    }

    private static Impression shown(String video, String channel, long time) {
        return Impression.builder("i" + time, "u", video, time)
                .channelId(channel)
                .build();
    }

    private static Feedback felt(String kind, String video, long time, double value) {
        return new Feedback("f" + time, null, "u", video, time, kind, value);
    }

    private static final long DAY = 86_400_000L;

    @Test
    void anEmptyHistoryKnowsNothing() {
        UserHistory history = new UserHistory();
        assertThat(history.impressions()).isZero();
        assertThat(impressionsOfChannel(history, "c")).isZero();
        assertThat(impressionsOfVideo(history, "v")).isZero();
        assertThat(history.lastMillis("watch")).isEqualTo(UserHistory.NEVER);
        assertThat(lastWatchOfChannel(history, "c")).isEqualTo(UserHistory.NEVER);
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
        assertThat(history.lastMillis("watch")).isEqualTo(9);
        assertThat(lastWatchOfChannel(history, "c1")).isEqualTo(5);
        assertThat(lastWatchOfChannel(history, "c2")).isEqualTo(UserHistory.NEVER);
    }

    @Test
    void feedbackWithoutAPositiveValueDidNotHappen() {
        UserHistory history = new UserHistory();
        history.felt(felt("watch", "a", 5, 0), NEEDS);
        history.felt(felt("like", "a", 5, -1), NEEDS);
        assertThat(history.lastMillis("watch")).isEqualTo(UserHistory.NEVER);
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
        assertThat(history.encode().length).isLessThan(5 * 20 + 7 * 20 + 6 * 8 + 100);
        UserHistory bare = new UserHistory();
        HistoryNeeds nothing = rates(1);
        bare.shown(shown("v", "c", 1), nothing);
        bare.felt(felt("watch", "v", 2, 1), nothing);
        assertThat(bare.encode()).hasSize(9);
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
                assertThat(impressionsOfVideo(history, "v" + i)).isEqualTo(videos.getOrDefault("v" + i, 0L));
                assertThat(impressionsOfChannel(history, "c" + i)).isEqualTo(channels.getOrDefault("c" + i, 0L));
                assertThat(lastWatchOfChannel(history, "c" + i))
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

    @Test
    void decayedCountsHalveAfterTheirHalfLife() {
        UserHistory history = new UserHistory();
        HistoryNeeds needs = rates(DAY, "like");
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
        HistoryNeeds needs = rates(DAY, "click", "like", "long_view");
        UserHistory history = new UserHistory();
        history.seed(seed, needs);
        assertThat(history.decayedImpressions("like", DAY, 0)).isEqualTo(100);
        assertThat(history.decayedImpressions("click", DAY, 0))
                .as("the seed says nothing of clicks")
                .isZero();
        assertThat(history.decayedFeedback("like", DAY, 0)).isEqualTo(1);
        assertThat(history.decayedFeedback("long_view", DAY, 0)).isEqualTo(50);
    }

    /** The events behind the stored histories, of every version. */
    private static UserHistory stored() {
        UserHistory history = new UserHistory();
        history.seed(new HistorySeed("u", 0, 200, new TreeMap<>(Map.of("like", List.of("w")))), NEEDS);
        history.shown(shown("a", "c", 1000), NEEDS);
        history.shown(shown("b", "d", 2000), NEEDS);
        history.felt(felt("watch", "a", 3000, 1), NEEDS);
        history.felt(felt("watch", "?", 4000, 1), NEEDS);
        return history;
    }

    /** What this release writes. If this fails, stored state can no longer be read: add a version instead. */
    @Test
    void bytesAreThoseOfThisRelease() throws IOException {
        assertThat(HexFormat.of().formatHex(stored().encode())).isEqualTo(resource(3));
    }

    /** Every layout that any release has written. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void whatAnyVersionWroteIsReadAndGoesOn(int version) throws IOException {
        UserHistory read = UserHistory.decode(HexFormat.of().parseHex(resource(version)));
        assertThat(read.impressions()).isEqualTo(202);
        assertThat(read.recentVideos("like", 9)).containsExactly("w");
        assertThat(read.recentVideos("shown", 9)).containsExactly("b", "a");
        assertThat(impressionsOfVideo(read, "b")).isEqualTo(1);
        assertThat(read.lastMillis("watch")).isEqualTo(4000);
        assertThat(lastWatchOfChannel(read, "c")).isEqualTo(3000);
        assertThat(read.decayedImpressions("like", DAY, 5000)).isZero();
        assertThat(read.encode()).isEqualTo(stored().encode());

        UserHistory expected = stored();
        for (UserHistory history : List.of(read, expected)) {
            history.felt(felt("watch", "b", 5000, 1), NEEDS);
            history.shown(shown("a", "d", 6000), NEEDS);
        }
        assertThat(read.encode()).isEqualTo(expected.encode());
        assertThat(lastWatchOfChannel(read, "d")).isEqualTo(5000);
    }

    private static String resource(int version) throws IOException {
        return Files.readString(Path.of("src/test/resources/freshet/features/history-v" + version + ".hex"))
                .strip();
    }

    /** A running job gets more features: what was known stays, what is new starts from nothing, what is gone is dropped. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void addedFeaturesKeepWhatWasKnown(int version) throws IOException {
        IdField tag = new IdField(IdField.Source.IDS, "tag");
        HistoryNeeds more = new HistoryNeeds(
                NEEDS.recentVideos(),
                new TreeMap<>(Map.of(DAY, new TreeSet<>(List.of("like")))),
                new TreeSet<>(List.of("watch", "shown")),
                new TreeSet<>(List.of("like")),
                List.of(
                        new ScopeNeeds(
                                CHANNEL,
                                List.of(
                                        Column.last("like"),
                                        Column.last("watch"),
                                        Column.shown(DAY),
                                        Column.impressions()),
                                100),
                        new ScopeNeeds(tag, List.of(Column.impressions(), Column.felt("like", DAY)), 100),
                        new ScopeNeeds(VIDEO, List.of(Column.last("shown"), Column.impressions()), 100)),
                List.of(CHANNEL, tag),
                HistoryNeeds.NEVER_EXPIRES);
        UserHistory history = UserHistory.decode(HexFormat.of().parseHex(resource(version)));
        history.felt(felt("like", "a", 5000, 1), more);
        history = UserHistory.decode(history.encode());
        history.shown(
                Impression.builder("i", "u", "b", DAY + 2000)
                        .channelId("d")
                        .ids("tag", List.of("t", "t", "s"))
                        .build(),
                more);
        history.felt(felt("like", "b", DAY + 2000, 1), more);

        assertThat(history.impressions()).isEqualTo(203);
        assertThat(impressionsOfChannel(history, "c")).isEqualTo(1);
        assertThat(impressionsOfChannel(history, "d")).isEqualTo(2);
        assertThat(lastWatchOfChannel(history, "c")).isEqualTo(3000);
        assertThat(history.lastMillisOf("channel_id", "c", "like"))
                .as("found by the video's stored channel")
                .isEqualTo(5000);
        assertThat(history.decayedImpressionsOf("channel_id", "d", DAY, 2 * DAY + 2000))
                .as("only what came since")
                .isEqualTo(0.5);
        assertThat(history.impressionsOf("ids.tag", "t")).isEqualTo(1);
        assertThat(history.decayedFeedbackOf("ids.tag", "s", "like", DAY, DAY + 2000))
                .isEqualTo(1);
        assertThat(history.lastMillisOf("video_id", "a", "shown")).isEqualTo(UserHistory.NEVER);
        assertThat(history.lastMillis("shown")).isEqualTo(DAY + 2000);
        assertThat(history.impressionsSince("like")).isZero();

        history.shown(shown("b", "d", DAY + 3000), rates(DAY));
        assertThat(impressionsOfChannel(history, "d")).as("no longer asked for").isZero();
        assertThat(history.impressions()).isEqualTo(204);
    }

    @Test
    void anExpiredHistoryIsAsIfItHadNeverBeen() {
        HistoryNeeds needs = new HistoryNeeds(
                NEEDS.recentVideos(),
                NEEDS.rates(),
                NEEDS.lastTimes(),
                NEEDS.countsSince(),
                NEEDS.scopes(),
                NEEDS.linked(),
                DAY);
        UserHistory history = new UserHistory();
        assertThat(history.isExpired(Long.MAX_VALUE, needs)).isFalse();
        history.seed(new HistorySeed("u", 0, 200, new TreeMap<>()), needs);
        history.shown(shown("a", "c", 1000), needs);
        assertThat(history.isExpired(1000 + DAY, needs)).isFalse();
        assertThat(history.isExpired(1001 + DAY, needs)).isTrue();
        assertThat(history.isExpired(1001 + DAY, NEEDS)).isFalse();
        history.shown(shown("b", "c", 1001 + DAY), needs);
        assertThat(history.impressions()).isEqualTo(1);
        assertThat(impressionsOfChannel(history, "c")).isEqualTo(1);
        assertThat(history.recentVideos("shown", 5)).containsExactly("b");
        assertThat(history.seed(new HistorySeed("u", 0, 200, new TreeMap<>()), needs))
                .as("a seed is taken once, whatever has been forgotten since")
                .isFalse();
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
        bytes[0] = 4;
        assertThatThrownBy(() -> UserHistory.decode(bytes)).hasMessageContaining("found version 4");
    }
}
