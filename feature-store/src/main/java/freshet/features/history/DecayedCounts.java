package freshet.features.history;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.Arrays;
import java.util.Collection;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How often a viewer was shown something and answered it, by kind of feedback, each event counting half after a half-life of
 * event time and half of that after the next: an exponentially decayed count keeps one number instead of the events. All
 * counts of one half-life decay together, at events only and in their order, so the numbers are a function of the events.
 *
 * <p>Impressions are counted by kind too, since a history from before the stream may know of likes and not of clicks: then
 * its impressions were shown for the one and say nothing of the other.
 *
 * <p>An object says where the counts of one half-life stand among the numbers of any viewer, and works on those that are passed
 * in: the moment they have decayed to, {@link UserHistory#NEVER} before the first; the span whose decay was asked for last, and
 * the bits of that decay (many features ask for the same one, and a power is dear); the bits of the impressions by kind; the
 * bits of the feedback by kind. Immutable.
 */
final class DecayedCounts {
    private static final int AS_OF = 0;
    private static final int SPAN = 1;
    private static final int DECAY_OF_SPAN = 2;
    private static final int SHOWN = 3;

    private final long halfLifeMillis;
    private final String[] kinds;
    private final int at;

    /**
     * @param at where the first of the {@link #slots} stands
     */
    DecayedCounts(long halfLifeMillis, SortedSet<String> kinds, int at) {
        this.halfLifeMillis = halfLifeMillis;
        this.kinds = kinds.toArray(String[]::new);
        this.at = at;
    }

    long halfLifeMillis() {
        return halfLifeMillis;
    }

    /** Whether a kind is counted. */
    boolean keeps(String kind) {
        return HistoryLayout.find(kinds, kind) >= 0;
    }

    /** How many numbers these take. */
    int slots() {
        return SHOWN + 2 * kinds.length;
    }

    /** As if nothing had been counted. */
    void clear(long[] numbers) {
        Arrays.fill(numbers, at, at + slots(), 0);
        numbers[at + AS_OF] = UserHistory.NEVER;
        numbers[at + DECAY_OF_SPAN] = Double.doubleToRawLongBits(1);
    }

    /** The moment that the counts have decayed to; {@link UserHistory#NEVER} if nothing was counted. */
    long asOfMillis(long[] numbers) {
        return numbers[at + AS_OF];
    }

    private int shown(int kind) {
        return at + SHOWN + kind;
    }

    private int felt(int kind) {
        return at + SHOWN + kinds.length + kind;
    }

    /** Counts impressions of which it is known whether they were answered by some kinds; kinds that are not kept are left out. */
    void addShown(long[] numbers, Collection<String> ofKinds, double impressions, long eventTimeMillis) {
        decayTo(numbers, eventTimeMillis);
        double weighted = impressions * weightAt(numbers, eventTimeMillis);
        for (String kind : ofKinds) {
            int place = HistoryLayout.find(kinds, kind);
            if (place >= 0) {
                add(numbers, shown(place), weighted);
            }
        }
    }

    /** Counts an impression that any kind of feedback may answer. */
    void addShown(long[] numbers, long eventTimeMillis) {
        decayTo(numbers, eventTimeMillis);
        double weight = weightAt(numbers, eventTimeMillis);
        for (int kind = 0; kind < kinds.length; kind++) {
            add(numbers, shown(kind), weight);
        }
    }

    /** Counts feedback; of a kind that is not kept, changes nothing. */
    void addFelt(long[] numbers, String kind, double times, long eventTimeMillis) {
        int place = HistoryLayout.find(kinds, kind);
        if (place >= 0) {
            decayTo(numbers, eventTimeMillis);
            add(numbers, felt(place), times * weightAt(numbers, eventTimeMillis));
        }
    }

    private static void add(long[] numbers, int slot, double amount) {
        numbers[slot] = Double.doubleToRawLongBits(Double.longBitsToDouble(numbers[slot]) + amount);
    }

    double shownAsOf(long[] numbers, String kind, long eventTimeMillis) {
        int place = HistoryLayout.find(kinds, kind);
        return place < 0 ? 0 : Double.longBitsToDouble(numbers[shown(place)]) * decay(numbers, eventTimeMillis);
    }

    double feltAsOf(long[] numbers, String kind, long eventTimeMillis) {
        int place = HistoryLayout.find(kinds, kind);
        return place < 0 ? 0 : Double.longBitsToDouble(numbers[felt(place)]) * decay(numbers, eventTimeMillis);
    }

    private void decayTo(long[] numbers, long eventTimeMillis) {
        if (eventTimeMillis <= numbers[at + AS_OF]) {
            return;
        }
        double factor = decay(numbers, eventTimeMillis);
        for (int slot = at + SHOWN; slot < at + slots(); slot++) {
            numbers[slot] = Double.doubleToRawLongBits(Double.longBitsToDouble(numbers[slot]) * factor);
        }
        numbers[at + AS_OF] = eventTimeMillis;
    }

    /** What the counts shrink to from when they were last touched until then. */
    private double decay(long[] numbers, long eventTimeMillis) {
        long asOf = numbers[at + AS_OF];
        return asOf == UserHistory.NEVER ? 0 : halves(numbers, Math.max(0, eventTimeMillis - asOf));
    }

    /** Less than 1 for an event older than the counts, as a seed is that came late. */
    private double weightAt(long[] numbers, long eventTimeMillis) {
        return halves(numbers, numbers[at + AS_OF] - eventTimeMillis);
    }

    private double halves(long[] numbers, long millis) {
        if (millis == 0) {
            return 1;
        }
        if (millis != numbers[at + SPAN]) {
            numbers[at + SPAN] = millis;
            numbers[at + DECAY_OF_SPAN] =
                    Double.doubleToRawLongBits(StrictMath.pow(0.5, millis / (double) halfLifeMillis));
        }
        return Double.longBitsToDouble(numbers[at + DECAY_OF_SPAN]);
    }

    /** Takes over what the counts of the same half-life in another layout hold. */
    void take(long[] numbers, DecayedCounts from, long[] fromNumbers) {
        numbers[at + AS_OF] = fromNumbers[from.at + AS_OF];
        for (int kind = 0; kind < kinds.length; kind++) {
            int before = HistoryLayout.find(from.kinds, kinds[kind]);
            if (before >= 0) {
                numbers[shown(kind)] = fromNumbers[from.shown(before)];
                numbers[felt(kind)] = fromNumbers[from.felt(before)];
            }
        }
    }

    /** Appends half-life, moment and counts; a count of 0 is left out. Call only where something was counted. */
    void writeTo(ByteWriter out, long[] numbers) {
        out.writeVarLong(halfLifeMillis);
        out.writeSignedVarLong(asOfMillis(numbers));
        writeCounts(out, numbers, shown(0));
        writeCounts(out, numbers, felt(0));
    }

    private void writeCounts(ByteWriter out, long[] numbers, int first) {
        int size = 0;
        for (int kind = 0; kind < kinds.length; kind++) {
            size += numbers[first + kind] == 0 ? 0 : 1;
        }
        out.writeVarLong(size);
        for (int kind = 0; kind < kinds.length; kind++) {
            if (numbers[first + kind] != 0) {
                out.writeText(kinds[kind]);
                out.writeFixedLong(numbers[first + kind]);
            }
        }
    }

    /** The counts of one half-life as they were written, before it is known where they will stand. */
    static Written readFrom(ByteReader in) {
        Written written = new Written(in.readVarLong(), in.readSignedVarLong());
        readCounts(in, written.shown);
        readCounts(in, written.felt);
        return written;
    }

    private static void readCounts(ByteReader in, SortedMap<String, Long> counts) {
        for (int size = in.readCount(9); size > 0; size--) {
            counts.put(in.readText(), in.readFixedLong());
        }
    }

    /** Puts what was written where it stands. */
    void take(long[] numbers, Written written) {
        numbers[at + AS_OF] = written.asOfMillis;
        for (int kind = 0; kind < kinds.length; kind++) {
            numbers[shown(kind)] = written.shown.getOrDefault(kinds[kind], 0L);
            numbers[felt(kind)] = written.felt.getOrDefault(kinds[kind], 0L);
        }
    }

    /** What {@link #writeTo} wrote: the bits of the counts by kind. */
    static final class Written {
        final long halfLifeMillis;
        final long asOfMillis;
        final SortedMap<String, Long> shown = new TreeMap<>();
        final SortedMap<String, Long> felt = new TreeMap<>();

        private Written(long halfLifeMillis, long asOfMillis) {
            this.halfLifeMillis = halfLifeMillis;
            this.asOfMillis = asOfMillis;
        }

        SortedSet<String> kinds() {
            SortedSet<String> kinds = new TreeSet<>(shown.keySet());
            kinds.addAll(felt.keySet());
            return kinds;
        }
    }
}
