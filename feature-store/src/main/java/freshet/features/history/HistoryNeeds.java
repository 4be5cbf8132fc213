package freshet.features.history;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a {@link UserHistory} keeps, and its limits, as the configured features ask for it.
 *
 * @param recentVideos how many distinct videos to remember of each kind: {@link UserHistory#SHOWN} or a kind of feedback
 * @param rates by half-life in milliseconds, the kinds of feedback whose decayed counts to keep
 * @param lastTimes the kinds of which to keep the time of the last
 * @param countsSince the kinds of feedback since whose last one to count impressions
 * @param scopes what to keep by channel, video or another field, each field once
 * @param linked the fields of {@code scopes} that feedback counts for, other than the video: feedback names the video only, so
 *     their ids are remembered with each video in the scope {@link #VIDEO}, which must then be there
 * @param expireAfterMillis event time without an event after which everything is forgotten; {@link #NEVER_EXPIRES} for never
 */
public record HistoryNeeds(
        SortedMap<String, Integer> recentVideos,
        SortedMap<Long, SortedSet<String>> rates,
        SortedSet<String> lastTimes,
        SortedSet<String> countsSince,
        List<ScopeNeeds> scopes,
        List<ScopeIds> linked,
        long expireAfterMillis) {

    /** The name of the scope of videos. */
    public static final String VIDEO = "video_id";

    /** Histories are kept for ever. */
    public static final long NEVER_EXPIRES = Long.MAX_VALUE;

    public HistoryNeeds {
        recentVideos = Collections.unmodifiableSortedMap(new TreeMap<>(recentVideos));
        rates = Collections.unmodifiableSortedMap(new TreeMap<>(rates));
        lastTimes = Collections.unmodifiableSortedSet(new TreeSet<>(lastTimes));
        countsSince = Collections.unmodifiableSortedSet(new TreeSet<>(countsSince));
        scopes = List.copyOf(scopes);
        linked = List.copyOf(linked);
        if (!linked.isEmpty()
                && scopes.stream().noneMatch(scope -> scope.ids().name().equals(VIDEO))) {
            throw new IllegalArgumentException(
                    "needs of a history: found linked fields and no scope of videos, expected"
                            + " videos to be remembered, since feedback finds the fields by them");
        }
    }

    /** How many videos of a kind are remembered; 0 for a kind that no feature asks for. */
    public int recentVideos(String kind) {
        return recentVideos.getOrDefault(kind, 0);
    }
}
