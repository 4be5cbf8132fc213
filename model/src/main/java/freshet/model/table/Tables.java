package freshet.model.table;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;

/**
 * All tables of a learner, where they are treated alike. Between batches it brings rows that have been dirty longest into
 * their store, a bounded number, so that a checkpoint finds few to write. One thread.
 */
public final class Tables {
    /** So many dirty rows may wait for a checkpoint without harm: a tenth of a second. */
    private static final int MAY_BE_DIRTY = 1 << 15;

    /** Rows written after a batch beyond that, at least: well under a millisecond. */
    private static final int WRITTEN_PER_BATCH = 128;

    /**
     * One in this many of them is written after a batch, if that is more: a model that makes a million rows in a second has few
     * left by the next checkpoint, instead of stopping there.
     */
    private static final int WRITTEN_SHARE = 1024;

    private final List<EmbeddingTable> tables;

    public Tables(List<EmbeddingTable> tables) {
        this.tables = List.copyOf(tables);
    }

    /** By table index. */
    public List<EmbeddingTable> list() {
        return tables;
    }

    public EmbeddingTable get(int table) {
        return tables.get(table);
    }

    /** See {@link EmbeddingTable#advance}. */
    public void advance(long eventTimeMillis) {
        for (EmbeddingTable table : tables) {
            table.advance(eventTimeMillis);
        }
    }

    /** See {@link EmbeddingTable#endBatch}. */
    public void endBatch() {
        int dirtiest = 0;
        long dirty = 0;
        for (int table = 0; table < tables.size(); table++) {
            tables.get(table).endBatch();
            dirty += tables.get(table).dirtyRows();
            if (tables.get(table).dirtyRows() > tables.get(dirtiest).dirtyRows()) {
                dirtiest = table;
            }
        }
        long tooMany = dirty - MAY_BE_DIRTY;
        if (tooMany > 0) {
            tables.get(dirtiest).writeOldestDirty((int) Math.max(WRITTEN_PER_BATCH, tooMany / WRITTEN_SHARE));
        }
    }

    /** See {@link EmbeddingTable#flush}. */
    public void flush() {
        tables.forEach(EmbeddingTable::flush);
    }

    /** See {@link EmbeddingTable#trackChanges}. */
    public void trackChanges() {
        tables.forEach(EmbeddingTable::trackChanges);
    }

    /** See {@link EmbeddingTable#saveState}. */
    public void saveState(DataOutput out) throws IOException {
        for (EmbeddingTable table : tables) {
            table.saveState(out);
        }
    }

    /** See {@link EmbeddingTable#restoreState}. */
    public void restoreState(DataInput in) throws IOException {
        for (EmbeddingTable table : tables) {
            table.restoreState(in);
        }
    }
}
