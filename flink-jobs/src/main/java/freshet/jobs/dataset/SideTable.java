package freshet.jobs.dataset;

import freshet.jobs.dataset.CsvFile.Row;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A file with one row per user or per video: its columns become fields of each impression. A column is a number where that
 * is what it counts, else the one id it holds; an empty field is an absent feature.
 */
final class SideTable {

    /** One row of the table. The maps are sorted by name. */
    record Entry(SortedMap<String, List<String>> ids, SortedMap<String, Float> numbers, Map<String, String> reserved) {}

    private final Map<String, Entry> entries = new HashMap<>();
    private final String key;
    private final Set<String> numbers;
    private final Set<String> reserved;

    /**
     * @param key the column that identifies a row
     * @param numbers columns that are numbers
     * @param reserved columns with a field of their own in an impression, kept as text for the caller
     */
    SideTable(String key, Set<String> numbers, Set<String> reserved) {
        this.key = key;
        this.numbers = numbers;
        this.reserved = reserved;
    }

    /** Reads a file into this table and says how many rows it had. A second row of the same key is a bad row. */
    long read(CsvFile file, BadRows bad) {
        return file.forEachRow(List.of(key), bad, row -> {
            String id = row.requiredText(key);
            if (entries.containsKey(id)) {
                throw new CsvFile.BadRowException(key + ": found '" + id + "' a second time, expected it once");
            }
            entries.put(id, entry(row));
        });
    }

    private Entry entry(Row row) {
        SortedMap<String, List<String>> ids = new TreeMap<>();
        SortedMap<String, Float> values = new TreeMap<>();
        Map<String, String> kept = new TreeMap<>();
        for (String column : row.columns()) {
            String text = row.text(column);
            if (text.isEmpty() || column.equals(key)) {
                continue;
            }
            if (reserved.contains(column)) {
                kept.put(column, text);
            } else if (numbers.contains(column)) {
                values.put(column, row.number(column));
            } else {
                ids.put(column, List.of(text.intern()));
            }
        }
        return new Entry(ids, values, kept);
    }

    @Nullable
    Entry entry(String id) {
        return entries.get(id);
    }

    /** Every key of the table, sorted. */
    SortedSet<String> keys() {
        return new TreeSet<>(entries.keySet());
    }
}
