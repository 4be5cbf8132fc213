package freshet.features.history;

import freshet.features.binary.ByteReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a history's bytes say by name, before it is known where it will stand. Filled while the bytes are read. */
final class WrittenHistory {
    final SortedMap<String, Long> lastTimes = new TreeMap<>();
    final SortedMap<String, Long> countsSince = new TreeMap<>();
    /** Videos oldest first. */
    private final SortedMap<String, List<String>> recent = new TreeMap<>();
    /** By half-life in milliseconds. */
    private final SortedMap<Long, DecayedCounts.Written> decayed = new TreeMap<>();

    void readRecent(ByteReader in) {
        for (int kinds = in.readCount(2); kinds > 0; kinds--) {
            String kind = in.readText();
            int size = in.readCount(1);
            List<String> kept = new ArrayList<>(size);
            for (int i = 0; i < size; i++) {
                kept.add(in.readText());
            }
            recent.put(kind, kept);
        }
    }

    void readDecayed(ByteReader in) {
        for (int halfLives = in.readCount(4); halfLives > 0; halfLives--) {
            DecayedCounts.Written counts = DecayedCounts.readFrom(in);
            decayed.put(counts.halfLifeMillis, counts);
        }
    }

    /** The newest moment that counts have decayed to; {@link UserHistory#NEVER} where there are none. */
    long decayedToMillis() {
        return decayed.values().stream()
                .mapToLong(counts -> counts.asOfMillis)
                .max()
                .orElse(UserHistory.NEVER);
    }

    /** A layout for all there is, and no more. */
    HistoryLayout layout() {
        SortedMap<Long, SortedSet<String>> kinds = decayed.values().stream()
                .collect(Collectors.toMap(
                        counts -> counts.halfLifeMillis,
                        DecayedCounts.Written::kinds,
                        (one, other) -> one,
                        TreeMap::new));
        return new HistoryLayout(lastTimes.keySet(), countsSince.keySet(), recent.keySet(), kinds);
    }

    /** The numbers, in {@link #layout}. */
    long[] numbers(HistoryLayout layout) {
        long[] numbers = layout.blank();
        lastTimes.forEach((kind, timeMillis) -> numbers[layout.lastTimeOf(kind)] = timeMillis);
        countsSince.forEach((kind, count) -> numbers[layout.countSinceOf(kind)] = count);
        for (DecayedCounts counts : layout.decayed()) {
            DecayedCounts.Written written = decayed.get(counts.halfLifeMillis());
            if (written != null) {
                counts.take(numbers, written);
            }
        }
        return numbers;
    }

    /** The videos, in {@link #layout}. */
    RecentVideos recent(HistoryLayout layout) {
        RecentVideos videos = new RecentVideos(recent.size());
        for (Map.Entry<String, List<String>> entry : recent.entrySet()) {
            int list = layout.recentOf(entry.getKey());
            entry.getValue().forEach(video -> videos.remember(list, video, Integer.MAX_VALUE));
        }
        return videos;
    }
}
