package freshet.jobs.order;

import org.apache.flink.api.common.state.MapState;

/** Blocks of waiting examples in keyed state. The operator's thread, with the replica as the current key. */
public final class KeyedBlocks implements WaitingBlocks {
    private final MapState<Long, byte[]> blocks;

    public KeyedBlocks(MapState<Long, byte[]> blocks) {
        this.blocks = blocks;
    }

    @Override
    public void put(long number, byte[] block) {
        try {
            blocks.put(number, block);
        } catch (Exception e) {
            throw new IllegalStateException("storing examples that wait: the state backend failed", e);
        }
    }

    @Override
    public byte[] take(long number) {
        byte[] block;
        try {
            block = blocks.get(number);
            blocks.remove(number);
        } catch (Exception e) {
            throw new IllegalStateException("fetching examples that wait: the state backend failed", e);
        }
        if (block == null) {
            throw new IllegalStateException("fetching examples that wait: found no block " + number
                    + ", expected the one that was stored; restore an earlier checkpoint");
        }
        return block;
    }
}
