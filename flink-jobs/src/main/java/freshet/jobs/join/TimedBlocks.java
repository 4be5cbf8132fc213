package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;

/**
 * A queue of blocks in a {@link ByteArena}, each with a time: both in one flat array, so that times are read without a look at
 * the blocks. Numbered from 0, the first. One owner, one thread.
 */
final class TimedBlocks {
    private static final int TIME = 0;
    private static final int BLOCK = 1;
    private static final int WIDTH = 2;
    private static final int FEWEST = 2;
    private static final long[] NO_ROWS = {};

    private final ByteArena arena;
    /** {@code [row][TIME or BLOCK]}; rows live in {@code [start, end)}. */
    private long[] rows = NO_ROWS;

    private int start;
    private int end;
    private long bytes;

    TimedBlocks(ByteArena arena) {
        this.arena = arena;
    }

    boolean isEmpty() {
        return start == end;
    }

    int size() {
        return end - start;
    }

    /** What the blocks hold together. */
    long bytes() {
        return bytes;
    }

    /** What this takes of the heap beside the arena. */
    long heapBytes() {
        return Long.BYTES * (long) rows.length;
    }

    /** As {@link HotUsers#prefetch}. */
    long prefetch() {
        return isEmpty() ? 0 : array(0)[offset(0)];
    }

    long millis(int index) {
        return rows[(start + index) * WIDTH + TIME];
    }

    private long block(int index) {
        return rows[(start + index) * WIDTH + BLOCK];
    }

    /** The array that a block is in: from {@link #offset} on, {@link #length} bytes. */
    byte[] array(int index) {
        return arena.bytes(block(index));
    }

    int offset(int index) {
        return arena.offset(block(index));
    }

    int length(int index) {
        return arena.length(block(index));
    }

    /** Reads a block; {@code what} as for {@link ByteReader}. */
    ByteReader reader(String what, int index) {
        return new ByteReader(what, array(index), offset(index), length(index));
    }

    /** Puts what a writer holds before the one with an index; with that of the size, behind the last. */
    void insert(int index, long millis, ByteWriter from) {
        insert(index, millis, arena.put(from), from.size());
    }

    /** The same with an array, all of it. */
    void insert(int index, long millis, byte[] from) {
        insert(index, millis, arena.put(from, from.length), from.length);
    }

    private void insert(int index, long millis, long block, int length) {
        if (end * WIDTH == rows.length) {
            makeRoom();
        }
        int at = (start + index) * WIDTH;
        System.arraycopy(rows, at, rows, at + WIDTH, end * WIDTH - at);
        rows[at + TIME] = millis;
        rows[at + BLOCK] = block;
        end++;
        bytes += length;
    }

    private void makeRoom() {
        int size = size();
        // Where the first half was taken there is room without growing.
        long[] to = start > size ? rows : new long[(size + Math.max(FEWEST, size >> 1)) * WIDTH];
        System.arraycopy(rows, start * WIDTH, to, 0, size * WIDTH);
        rows = to;
        start = 0;
        end = size;
    }

    /** Puts what a writer holds in the place of a block. */
    void replace(int index, ByteWriter with) {
        bytes += with.size() - length(index);
        arena.free(block(index));
        rows[(start + index) * WIDTH + BLOCK] = arena.put(with);
    }

    void removeFirst() {
        bytes -= length(0);
        arena.free(block(0));
        start++;
        if (start == end) {
            start = 0;
            end = 0;
        }
    }

    /** Moves blocks whose neighbours in the arena are gone. */
    void pack() {
        for (int at = start * WIDTH; at < end * WIDTH; at += WIDTH) {
            if (arena.isSparse(rows[at + BLOCK])) {
                rows[at + BLOCK] = arena.move(rows[at + BLOCK]);
            }
        }
    }

    /** Gives everything back to the arena. */
    void release() {
        while (!isEmpty()) {
            removeFirst();
        }
        rows = NO_ROWS;
    }
}
