package freshet.features.history;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a {@link UserHistory} keeps, and its limits, as the configured features ask for it. Immutable. */
public final class HistoryNeeds {

    /** The name of the scope of videos. */
    public static final String VIDEO = "video_id";

    /** Histories are kept for ever. */
    public static final long NEVER_EXPIRES = Long.MAX_VALUE;

    private final SortedMap<String, Integer> recentVideos;
    private final SortedMap<Long, SortedSet<String>> rates;
    private final SortedSet<String> lastTimes;
    private final SortedSet<String> countsSince;
    private final List<ScopeNeeds> scopes;
    private final List<ScopeIds> linked;
    private final long expireAfterMillis;
    private final HistoryLayout layout;

    /**
     * @param recentVideos how many distinct videos to remember of each kind: {@link UserHistory#SHOWN} or a kind of feedback
     * @param rates by half-life in milliseconds, the kinds of feedback whose decayed counts to keep
     * @param lastTimes the kinds of which to keep the time of the last
     * @param countsSince the kinds of feedback since whose last one to count impressions
     * @param scopes what to keep by channel, video or another field, each field once
     * @param linked the fields of {@code scopes} that feedback counts for, other than the video: feedback names the video only,
     *     so their ids are remembered with each video in the scope {@link #VIDEO}, which must then be there
     * @param expireAfterMillis event time without an event after which everything is forgotten; {@link #NEVER_EXPIRES} for
     *     never
     */
    public HistoryNeeds(
            SortedMap<String, Integer> recentVideos,
            SortedMap<Long, SortedSet<String>> rates,
            SortedSet<String> lastTimes,
            SortedSet<String> countsSince,
            List<ScopeNeeds> scopes,
            List<ScopeIds> linked,
            long expireAfterMillis) {
        this.recentVideos = Collections.unmodifiableSortedMap(new TreeMap<>(recentVideos));
        this.rates = Collections.unmodifiableSortedMap(new TreeMap<>(rates));
        this.lastTimes = Collections.unmodifiableSortedSet(new TreeSet<>(lastTimes));
        this.countsSince = Collections.unmodifiableSortedSet(new TreeSet<>(countsSince));
        this.scopes = List.copyOf(scopes);
        this.linked = List.copyOf(linked);
        this.expireAfterMillis = expireAfterMillis;
        if (!linked.isEmpty()
                && scopes.stream().noneMatch(scope -> scope.ids().name().equals(VIDEO))) {
            throw new IllegalArgumentException(
                    "needs of a history: found linked fields and no scope of videos, expected"
                            + " videos to be remembered, since feedback finds the fields by them");
        }
        layout = new HistoryLayout(this.lastTimes, this.countsSince, this.recentVideos.keySet(), this.rates);
    }

    public SortedMap<String, Integer> recentVideos() {
        return recentVideos;
    }

    /** How many videos of a kind are remembered; 0 for a kind that no feature asks for. */
    public int recentVideos(String kind) {
        return recentVideos.getOrDefault(kind, 0);
    }

    public SortedMap<Long, SortedSet<String>> rates() {
        return rates;
    }

    public SortedSet<String> lastTimes() {
        return lastTimes;
    }

    public SortedSet<String> countsSince() {
        return countsSince;
    }

    public List<ScopeNeeds> scopes() {
        return scopes;
    }

    public List<ScopeIds> linked() {
        return linked;
    }

    public long expireAfterMillis() {
        return expireAfterMillis;
    }

    /** Where a history keeps it. */
    HistoryLayout layout() {
        return layout;
    }
}
