package freshet.features.history;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which of a history's numbers stands where, and which of its lists: so that a viewer's numbers are one {@code long[]} and the
 * names are there once for all viewers. Immutable.
 *
 * <p>The numbers: the time of the last of each kind, {@link UserHistory#NEVER} for none; then impressions since the last of each
 * kind, {@link #NONE_YET} before the first; then the slots of each {@link DecayedCounts}.
 */
final class HistoryLayout {
    /** Of a history before its first event. */
    static final HistoryLayout NOTHING = new HistoryLayout(List.of(), List.of(), List.of(), new TreeMap<>());

    /** A number of impressions since what never was. */
    static final long NONE_YET = -1;

    private final String[] lastTimes;
    private final String[] countsSince;
    private final String[] recent;
    private final DecayedCounts[] decayed;
    private final long[] blank;

    /**
     * @param lastTimes kinds of which the time of the last is kept, sorted
     * @param countsSince kinds since whose last impressions are counted, sorted
     * @param recent kinds of which videos are remembered, sorted
     * @param decayed by half-life in milliseconds, the kinds whose decayed counts are kept
     */
    HistoryLayout(
            Collection<String> lastTimes,
            Collection<String> countsSince,
            Collection<String> recent,
            SortedMap<Long, ? extends SortedSet<String>> decayed) {
        this.lastTimes = lastTimes.toArray(String[]::new);
        this.countsSince = countsSince.toArray(String[]::new);
        this.recent = recent.toArray(String[]::new);
        this.decayed = new DecayedCounts[decayed.size()];
        int at = this.lastTimes.length + this.countsSince.length;
        int place = 0;
        for (Map.Entry<Long, ? extends SortedSet<String>> entry : decayed.entrySet()) {
            DecayedCounts counts = new DecayedCounts(entry.getKey(), entry.getValue(), at);
            this.decayed[place++] = counts;
            at += counts.slots();
        }
        blank = new long[at];
        Arrays.fill(blank, 0, this.lastTimes.length, UserHistory.NEVER);
        Arrays.fill(blank, this.lastTimes.length, this.lastTimes.length + this.countsSince.length, NONE_YET);
        for (DecayedCounts counts : this.decayed) {
            counts.clear(blank);
        }
    }

    /** The numbers of a viewer of whom nothing is known. */
    long[] blank() {
        return blank.clone();
    }

    /** The kinds of which the time of the last is kept: the number of the i-th stands at i. */
    String[] lastTimes() {
        return lastTimes;
    }

    /** Where the time of the last of a kind stands, or -1. */
    int lastTimeOf(String kind) {
        return find(lastTimes, kind);
    }

    /** The kinds since whose last impressions are counted: the number of the i-th stands at {@link #firstCountSince} + i. */
    String[] countsSince() {
        return countsSince;
    }

    int firstCountSince() {
        return lastTimes.length;
    }

    /** Where the impressions since the last of a kind stand, or -1. */
    int countSinceOf(String kind) {
        int place = find(countsSince, kind);
        return place < 0 ? -1 : firstCountSince() + place;
    }

    /** The kinds of which videos are remembered: the i-th is list i of {@link RecentVideos}. */
    String[] recent() {
        return recent;
    }

    /** The list of a kind, or -1. */
    int recentOf(String kind) {
        return find(recent, kind);
    }

    /** Shortest half-life first. */
    DecayedCounts[] decayed() {
        return decayed;
    }

    /** The counts of a half-life, or null. */
    @Nullable
    DecayedCounts decayedBy(long halfLifeMillis) {
        for (DecayedCounts counts : decayed) {
            if (counts.halfLifeMillis() == halfLifeMillis) {
                return counts;
            }
        }
        return null;
    }

    /** The few there are, are looked through. */
    static int find(String[] names, String name) {
        for (int i = 0; i < names.length; i++) {
            if (names[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** A viewer's numbers, brought here from another layout: what is kept in both stays, all else is blank. */
    long[] moved(long[] numbers, HistoryLayout from) {
        long[] moved = blank();
        for (int i = 0; i < lastTimes.length; i++) {
            int before = from.lastTimeOf(lastTimes[i]);
            moved[i] = before < 0 ? moved[i] : numbers[before];
        }
        for (int i = 0; i < countsSince.length; i++) {
            int before = from.countSinceOf(countsSince[i]);
            moved[firstCountSince() + i] = before < 0 ? NONE_YET : numbers[before];
        }
        for (DecayedCounts counts : decayed) {
            DecayedCounts before = from.decayedBy(counts.halfLifeMillis());
            if (before != null) {
                counts.take(moved, before, numbers);
            }
        }
        return moved;
    }
}
