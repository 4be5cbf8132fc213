package freshet.model.table;

import freshet.model.spec.RowLife;
import freshet.model.spec.TableSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What {@link EmbeddingTable} should do with rows that are written whole, said slowly: it looks at everything, always. */
final class ReferenceTable {
    private static final long HOUR = 3_600_000;

    private record Row(float[] weights, long hour) {}

    private final RowLife life;
    private final TreeMap<Long, Row> rows = new TreeMap<>();
    private final Map<Long, Integer> sightings = new HashMap<>();
    private final TreeSet<Long> changed = new TreeSet<>();
    private long hour;

    ReferenceTable(TableSpec spec) {
        life = spec.life();
    }

    void advance(long millis) {
        for (long next = Math.max(hour + 1, millis / HOUR - 5_000); next <= millis / HOUR; next++) {
            hour = next;
            if (hour % life.admitHalvingHours() == 0) {
                sightings.replaceAll((id, count) -> count / 2);
            }
            if (life.expireAfterHours() > 0 && hour % Math.max(1, life.expireAfterHours() / 24) == 0) {
                removeIf(row -> row.hour < hour - life.expireAfterHours());
            }
        }
    }

    private void removeIf(Predicate<Row> which) {
        rows.forEach((id, row) -> {
            if (which.test(row)) {
                changed.add(id);
            }
        });
        rows.values().removeIf(which);
    }

    void write(long id, float[] weights) {
        if (!rows.containsKey(id)
                && life.admitAfter() > 1
                && sightings.merge(id, 1, Integer::sum) < life.admitAfter()) {
            return;
        }
        rows.put(id, new Row(weights, hour));
        changed.add(id);
    }

    void endBatch() {
        if (life.maxRows() > 0 && rows.size() > life.maxRows()) {
            List<Map.Entry<Long, Row>> byAge = new ArrayList<>(rows.entrySet());
            byAge.sort(Comparator.comparing((Map.Entry<Long, Row> row) -> row.getValue().hour)
                    .thenComparing(Map.Entry::getKey));
            List<Long> old = byAge.subList(0, rows.size() - life.maxRows() + life.maxRows() / 16).stream()
                    .map(Map.Entry::getKey)
                    .toList();
            for (long id : old) {
                rows.remove(id);
                changed.add(id);
            }
        }
    }

    Map<Long, List<Float>> rows() {
        Map<Long, List<Float>> weights = new TreeMap<>();
        rows.forEach((id, row) -> weights.put(id, List.of(row.weights[0], row.weights[1])));
        return weights;
    }

    List<String> changes() {
        List<String> changes = new ArrayList<>();
        for (long id : changed) {
            Row row = rows.get(id);
            changes.add(id + (row == null ? " gone" : " [" + row.weights[0] + ", " + row.weights[1] + "]"));
        }
        changed.clear();
        return changes;
    }
}
