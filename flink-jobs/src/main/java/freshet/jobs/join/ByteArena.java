package freshet.jobs.join;

import freshet.features.binary.ByteWriter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of bytes that rest for a while, in a few large arrays: chunks. As objects, a million blocks of half a kilobyte that
 * live for some seconds are what a collector does worst, since it copies each once or twice and then finds it dead; here it sees
 * neither them nor their number.
 *
 * <p>Blocks are put one after the other and freed in about the same order, since most of those put together rest equally long.
 * So nothing is looked for: a chunk of which every block was freed is used again as a whole. Where some blocks outlive
 * their neighbours by far, a chunk {@link #isSparse}, and who owns a block of it may {@link #move} it.
 *
 * <p>A block is known by a number that says where it lies, and has its length, four bytes, in front. One owner, one thread.
 */
final class ByteArena {
    /** Of which size chunks are unless a block is larger. */
    static final int USUAL_CHUNK_BYTES = 1 << 20;

    private static final int CHUNK_BYTES_OF_ONE_USER = 1 << 12;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int LENGTH_BYTES = Integer.BYTES;
    /** So many empty chunks are kept to be used again. */
    private static final int MOST_SPARE = 8;

    private static final class Chunk {
        private final byte[] bytes;
        private int used;
        private int live;

        private Chunk(int size) {
            bytes = new byte[size];
        }
    }

    private final int chunkBytes;
    /** Null where a chunk was given back. */
    private final List<@Nullable Chunk> chunks = new ArrayList<>();
    /** Indices of {@link #chunks} without a chunk. */
    private final Deque<Integer> vacant = new ArrayDeque<>();

    private final Deque<Chunk> spare = new ArrayDeque<>();
    private int currentIndex = -1;
    private long heapBytes;

    /**
     * @param chunkBytes of a usual chunk: the arena takes a few times as much at least
     */
    ByteArena(int chunkBytes) {
        this.chunkBytes = chunkBytes;
    }

    /** An arena that one user has alone. */
    static ByteArena forOneUser() {
        return new ByteArena(CHUNK_BYTES_OF_ONE_USER);
    }

    /** What the chunks take of the heap. */
    long heapBytes() {
        return heapBytes;
    }

    /** Takes in what a writer holds; returns the block. */
    long put(ByteWriter from) {
        long block = room(from.size());
        from.copyTo(bytes(block), offset(block));
        return block;
    }

    /** Takes in the first bytes of an array; returns the block. */
    long put(byte[] from, int length) {
        long block = room(length);
        System.arraycopy(from, 0, bytes(block), offset(block), length);
        return block;
    }

    /** Puts a block where there is room now and frees the old one; returns the new one. */
    long move(long block) {
        int length = length(block);
        long moved = room(length);
        System.arraycopy(bytes(block), offset(block), bytes(moved), offset(moved), length);
        free(block);
        return moved;
    }

    /** The array that a block is in: from {@link #offset} on, {@link #length} bytes. */
    byte[] bytes(long block) {
        return chunk(block).bytes;
    }

    int offset(long block) {
        return (int) block;
    }

    int length(long block) {
        return (int) INT.get(bytes(block), offset(block) - LENGTH_BYTES);
    }

    /** Whether more than half of what was put beside a block is gone. */
    boolean isSparse(long block) {
        Chunk chunk = chunk(block);
        return index(block) != currentIndex && 2 * chunk.live < chunk.used;
    }

    /** Gives a block's place back: nobody may know it any more. */
    void free(long block) {
        Chunk chunk = chunk(block);
        chunk.live -= LENGTH_BYTES + length(block);
        if (chunk.live == 0) {
            chunk.used = 0;
            if (index(block) != currentIndex) {
                vacate(index(block), chunk);
            }
        }
    }

    private long room(int length) {
        int needed = LENGTH_BYTES + length;
        Chunk chunk = currentIndex < 0 ? null : chunks.get(currentIndex);
        if (chunk == null || chunk.bytes.length - chunk.used < needed) {
            chunk = begin(needed);
        }
        int offset = chunk.used + LENGTH_BYTES;
        INT.set(chunk.bytes, chunk.used, length);
        chunk.used += needed;
        chunk.live += needed;
        return (long) currentIndex << Integer.SIZE | offset;
    }

    /** Makes a chunk with room for so many bytes the current one. */
    private Chunk begin(int needed) {
        int full = currentIndex;
        Chunk chunk = needed <= chunkBytes ? spare.poll() : null;
        if (chunk == null) {
            chunk = new Chunk(Math.max(needed, chunkBytes));
            heapBytes += chunk.bytes.length;
        }
        Integer index = vacant.poll();
        if (index == null) {
            index = chunks.size();
            chunks.add(chunk);
        } else {
            chunks.set(index, chunk);
        }
        currentIndex = index;
        Chunk last = full < 0 ? null : chunks.get(full);
        if (last != null && last.live == 0) {
            vacate(full, last);
        }
        return chunk;
    }

    private void vacate(int index, Chunk chunk) {
        chunks.set(index, null);
        vacant.add(index);
        if (chunk.bytes.length == chunkBytes && spare.size() < MOST_SPARE) {
            spare.add(chunk);
        } else {
            heapBytes -= chunk.bytes.length;
        }
    }

    private static int index(long block) {
        return (int) (block >>> Integer.SIZE);
    }

    private Chunk chunk(long block) {
        Chunk chunk = chunks.get(index(block));
        if (chunk == null) {
            throw new IllegalStateException("reading a block: found that it was freed; it is used after its end");
        }
        return chunk;
    }
}
