package freshet.jobs.dataset;

import java.util.ArrayList;
import java.util.List;

/**
 * The rows that an import left out: all counted, the first ones kept with file, line and reason. More than the limit ends
 * the import, since a file of the wrong kind is far likelier than that many broken rows. Not thread-safe.
 */
final class BadRows {
    /** How many are kept word for word; the rest are only counted. */
    private static final int KEPT = 20;

    private final long limit;
    private final List<String> first = new ArrayList<>();
    private long count;

    BadRows(long limit) {
        this.limit = limit;
    }

    void add(String message) {
        count++;
        if (first.size() < KEPT) {
            first.add(message);
        }
        if (count > limit) {
            throw new ImportException("import stopped: more than " + limit
                    + " rows cannot be read; the first are\n  " + String.join("\n  ", first)
                    + "\nCheck that each option names the right file, or allow more with --max-bad-rows.");
        }
    }

    long count() {
        return count;
    }

    List<String> first() {
        return List.copyOf(first);
    }
}
