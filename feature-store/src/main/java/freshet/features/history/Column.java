package freshet.features.history;

import java.util.Comparator;

/**
 * One number that a history keeps of each id of a scope.
 *
 * @param kind which number
 * @param of the kind of feedback, or {@link UserHistory#SHOWN}; empty where the kind says all
 * @param halfLifeMillis of a decayed count; 0 for others
 */
public record Column(Kind kind, String of, long halfLifeMillis) implements Comparable<Column> {
    private static final Comparator<Column> ORDER =
            Comparator.comparing(Column::kind).thenComparing(Column::of).thenComparingLong(Column::halfLifeMillis);

    /** What is kept. Stored by its place in this list: never reorder. */
    public enum Kind {
        /** How often it was shown. */
        IMPRESSIONS,
        /** When it was last shown, or last got a kind of feedback. */
        LAST,
        /** The moment to which the decayed counts of the row have decayed. */
        DECAYED_TO,
        /** How often it was shown, decayed. */
        SHOWN,
        /** How often it got a kind of feedback, decayed. */
        FELT
    }

    /** The number of impressions. */
    public static Column impressions() {
        return new Column(Kind.IMPRESSIONS, "", 0);
    }

    /** The time of the last feedback of a kind, or impression. */
    public static Column last(String of) {
        return new Column(Kind.LAST, of, 0);
    }

    static Column decayedTo() {
        return new Column(Kind.DECAYED_TO, "", 0);
    }

    /** The decayed number of impressions. */
    public static Column shown(long halfLifeMillis) {
        return new Column(Kind.SHOWN, "", halfLifeMillis);
    }

    /** The decayed number of feedback of a kind. */
    public static Column felt(String of, long halfLifeMillis) {
        return new Column(Kind.FELT, of, halfLifeMillis);
    }

    /** Whether feedback of this kind changes it. */
    boolean isOfFeedback(String feedbackKind) {
        return (kind == Kind.LAST || kind == Kind.FELT) && of.equals(feedbackKind);
    }

    boolean isDecayed() {
        return kind == Kind.SHOWN || kind == Kind.FELT;
    }

    boolean isTime() {
        return kind == Kind.LAST || kind == Kind.DECAYED_TO;
    }

    /** What stands in a column of which nothing is known. */
    long nothing() {
        return isTime() ? UserHistory.NEVER : 0;
    }

    @Override
    public int compareTo(Column other) {
        return ORDER.compare(this, other);
    }
}
