package freshet.jobs.train;

import freshet.jobs.order.WaitingBlocks;
import freshet.model.table.HeapRowStore;
import freshet.model.table.RowStore;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** What keyed state is to a trainer, in maps; a checkpoint is a copy. */
final class HeapStorage implements TrainStorage {
    private final Map<Integer, HeapRowStore> rows = new HashMap<>();
    private final Map<Long, byte[]> blocks = new HashMap<>();

    HeapStorage copy() {
        HeapStorage copy = new HeapStorage();
        rows.forEach((table, store) -> copy.rows.put(table, store.copy()));
        copy.blocks.putAll(blocks);
        return copy;
    }

    /** How many blocks of waiting examples lie here. */
    int blocks() {
        return blocks.size();
    }

    @Override
    public RowStore rows(int table) {
        return rows.computeIfAbsent(table, any -> new HeapRowStore());
    }

    @Override
    public WaitingBlocks waiting() {
        return new WaitingBlocks() {
            @Override
            public void put(long number, byte[] block) {
                if (blocks.put(number, block) != null) {
                    throw new AssertionError("block " + number + " was put twice");
                }
            }

            @Override
            public byte[] take(long number) {
                return Objects.requireNonNull(blocks.remove(number), "block " + number);
            }
        };
    }
}
