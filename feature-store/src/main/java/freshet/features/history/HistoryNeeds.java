package freshet.features.history;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * What a {@link UserHistory} keeps, and its limits, as the configured features ask for it.
 *
 * @param recentVideos how many distinct videos to remember of each kind: {@link UserHistory#SHOWN} or a kind of feedback
 * @param rates by half-life in milliseconds, the kinds of feedback whose decayed counts to keep
 * @param maxChannels of how many channels to keep counts; 0 keeps none
 * @param maxVideos of how many videos to keep counts; 0 keeps none
 */
public record HistoryNeeds(
        SortedMap<String, Integer> recentVideos,
        SortedMap<Long, SortedSet<String>> rates,
        int maxChannels,
        int maxVideos) {

    public HistoryNeeds {
        recentVideos = Collections.unmodifiableSortedMap(new TreeMap<>(recentVideos));
        rates = Collections.unmodifiableSortedMap(new TreeMap<>(rates));
    }

    /** How many videos of a kind are remembered; 0 for a kind that no feature asks for. */
    public int recentVideos(String kind) {
        return recentVideos.getOrDefault(kind, 0);
    }
}
