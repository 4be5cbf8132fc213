package freshet.features.history;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a history keeps of each id of one field of impressions.
 *
 * @param ids the field
 * @param columns what is kept of each id, in the order of {@link Column}
 * @param maxRows of how many ids; the one met longest ago is forgotten for one more
 */
public record ScopeNeeds(ScopeIds ids, List<Column> columns, int maxRows) {

    public ScopeNeeds {
        SortedSet<Column> all = new TreeSet<>(columns);
        if (columns.stream().anyMatch(Column::isDecayed)) {
            all.add(Column.decayedTo());
        }
        columns = List.copyOf(all);
    }

    boolean asksFor(String feedbackKind) {
        for (Column column : columns) {
            if (column.isOfFeedback(feedbackKind)) {
                return true;
            }
        }
        return false;
    }

    /** Whether any feedback changes it. */
    public boolean asksForFeedback() {
        return columns.stream()
                .anyMatch(column -> column.kind() == Column.Kind.FELT
                        || (column.kind() == Column.Kind.LAST && !column.of().equals(UserHistory.SHOWN)));
    }
}
