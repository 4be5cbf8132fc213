package freshet.features.history;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How often a viewer was shown something and answered it, by kind of feedback, each event counting half after a half-life of
 * event time and half of that after the next: an exponentially decayed count keeps one number instead of the events. All
 * counts of one half-life decay together, at events only and in their order, so the numbers are a function of the events.
 *
 * <p>Impressions are counted by kind too, since a history from before the stream may know of likes and not of clicks: then
 * its impressions were shown for the one and say nothing of the other.
 *
 * <p>One owner, one thread.
 */
final class DecayedCounts {
    private final long halfLifeMillis;
    private long asOfMillis = UserHistory.NEVER;
    private final SortedMap<String, Double> shown = new TreeMap<>();
    private final SortedMap<String, Double> felt = new TreeMap<>();

    /** The span asked for last and its decay: many features ask for the same one, and a power is dear. */
    private long decayedMillis;

    private double decay = 1;

    DecayedCounts(long halfLifeMillis) {
        this.halfLifeMillis = halfLifeMillis;
    }

    void addShown(Collection<String> kinds, double impressions, long eventTimeMillis) {
        decayTo(eventTimeMillis);
        double weighted = impressions * weightAt(eventTimeMillis);
        for (String kind : kinds) {
            shown.merge(kind, weighted, Double::sum);
        }
    }

    void addFelt(String kind, double times, long eventTimeMillis) {
        decayTo(eventTimeMillis);
        felt.merge(kind, times * weightAt(eventTimeMillis), Double::sum);
    }

    double shownAsOf(String kind, long eventTimeMillis) {
        return shown.getOrDefault(kind, 0.0) * decay(eventTimeMillis);
    }

    double feltAsOf(String kind, long eventTimeMillis) {
        return felt.getOrDefault(kind, 0.0) * decay(eventTimeMillis);
    }

    private void decayTo(long eventTimeMillis) {
        if (eventTimeMillis <= asOfMillis) {
            return;
        }
        double factor = decay(eventTimeMillis);
        shown.replaceAll((kind, count) -> count * factor);
        felt.replaceAll((kind, count) -> count * factor);
        asOfMillis = eventTimeMillis;
    }

    /** What the counts shrink to from when they were last touched until then. */
    private double decay(long eventTimeMillis) {
        return asOfMillis == UserHistory.NEVER ? 0 : halves(Math.max(0, eventTimeMillis - asOfMillis));
    }

    /** Less than 1 for an event older than the counts, as a seed is that came late. */
    private double weightAt(long eventTimeMillis) {
        return halves(asOfMillis - eventTimeMillis);
    }

    private double halves(long millis) {
        if (millis == 0) {
            return 1;
        }
        if (millis != decayedMillis) {
            decayedMillis = millis;
            decay = StrictMath.pow(0.5, millis / (double) halfLifeMillis);
        }
        return decay;
    }

    void writeTo(ByteWriter out) {
        out.writeVarLong(halfLifeMillis);
        out.writeSignedVarLong(asOfMillis);
        writeCounts(shown, out);
        writeCounts(felt, out);
    }

    private static void writeCounts(SortedMap<String, Double> counts, ByteWriter out) {
        out.writeVarLong(counts.size());
        counts.forEach((kind, count) -> {
            out.writeText(kind);
            out.writeFixedLong(Double.doubleToRawLongBits(count));
        });
    }

    long asOfMillis() {
        return asOfMillis;
    }

    long halfLifeMillis() {
        return halfLifeMillis;
    }

    static DecayedCounts readFrom(ByteReader in) {
        DecayedCounts counts = new DecayedCounts(in.readVarLong());
        counts.asOfMillis = in.readSignedVarLong();
        readCounts(in, counts.shown);
        readCounts(in, counts.felt);
        return counts;
    }

    private static void readCounts(ByteReader in, SortedMap<String, Double> into) {
        for (int kinds = in.readCount(9); kinds > 0; kinds--) {
            into.put(in.readText(), Double.longBitsToDouble(in.readFixedLong()));
        }
    }
}
