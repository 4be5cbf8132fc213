package freshet.serde.event;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is known of a viewer from before the stream began, so that a new deployment does not start from nothing. It stands
 * before every event of that viewer that is not older.
 *
 * @param userId whose history
 * @param eventTimeMillis the time of the newest event it covers, milliseconds since the epoch
 * @param impressions how many impressions it covers
 * @param recentVideos by kind ({@code shown}, or a kind of feedback): video ids, oldest first, sorted by kind;
 *     an empty list says that there was none, a kind that is absent is unknown
 */
public record HistorySeed(
        String userId, long eventTimeMillis, long impressions, SortedMap<String, List<String>> recentVideos)
        implements Event {

    public HistorySeed {
        Objects.requireNonNull(userId, "userId");
        recentVideos = Collections.unmodifiableSortedMap(new TreeMap<>(recentVideos));
    }

    @Override
    public String id() {
        return userId;
    }
}
