package freshet.serde.snapshot;

import freshet.serde.snapshot.SnapshotManifest.ChunkPart;
import freshet.serde.snapshot.SnapshotManifest.FilePart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Chunks that have arrived and the manifests that wait for more of them, by what they belong to. A chunk does not say whether it
 * is right, only the manifest knows; so every different body under a chunk's key is kept, and {@link #take} picks by length and
 * CRC-32C.
 *
 * <p>Memory is bounded: when all bodies together pass the limit, whatever is first in the order of the keys is forgotten.
 * Not thread-safe.
 *
 * @param <K> what chunks belong to, oldest first
 * @param <M> its manifest
 */
final class ChunkPool<K extends Comparable<K>, M> {
    /** A key with more different bodies than this is being attacked, not repeated. */
    private static final int MAX_BODIES_PER_CHUNK = 4;

    /** Counted per body beside its bytes, so that millions of tiny ones are bounded too. */
    private static final int BODY_OVERHEAD_BYTES = 64;

    private final long maxBytes;
    private final TreeMap<K, Pending<M>> pending = new TreeMap<>();
    private long bytes;

    /** What became of a chunk. */
    enum Added {
        NEW,
        REPEAT,
        /** The limit was passed, and what it belongs to has been forgotten. */
        NO_ROOM
    }

    /**
     * A manifest that waits.
     *
     * @param line as it arrived
     * @param chunks that it names
     */
    record Waiting<M>(M manifest, String line, List<ChunkPart> chunks) {}

    /**
     * How far a manifest's chunks are there.
     *
     * @param missing no body has arrived
     * @param corrupt only torn or altered ones have
     */
    record Fill(int missing, int corrupt) {
        boolean whole() {
            return missing == 0 && corrupt == 0;
        }
    }

    private static final class Pending<M> {
        final Map<Integer, List<byte[]>> bodies = new HashMap<>();

        @Nullable
        Waiting<M> waiting;

        long bytes;
    }

    ChunkPool(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Bytes held. */
    long bytes() {
        return bytes;
    }

    /** Whether content of this length can be held at all. */
    boolean canHold(long contentBytes, int chunks) {
        return contentBytes + (long) chunks * BODY_OVERHEAD_BYTES <= maxBytes;
    }

    Added add(K key, int index, byte[] body) {
        Pending<M> of = pending.computeIfAbsent(key, k -> new Pending<>());
        List<byte[]> bodies = of.bodies.computeIfAbsent(index, i -> new ArrayList<>(1));
        for (byte[] held : bodies) {
            if (Arrays.equals(held, body)) {
                return Added.REPEAT;
            }
        }
        if (bodies.size() == MAX_BODIES_PER_CHUNK) {
            count(of, -bodies.remove(0).length - BODY_OVERHEAD_BYTES);
        }
        bodies.add(body);
        count(of, body.length + BODY_OVERHEAD_BYTES);
        return makeRoom(key) ? Added.NEW : Added.NO_ROOM;
    }

    void put(K key, Waiting<M> waiting) {
        Pending<M> of = pending.computeIfAbsent(key, k -> new Pending<>());
        if (of.waiting != null) {
            count(of, -of.waiting.line().length());
        }
        of.waiting = waiting;
        count(of, waiting.line().length());
        makeRoom(key);
    }

    /** The manifest that waits for chunks of this key. */
    @Nullable
    Waiting<M> waiting(K key) {
        Pending<M> of = pending.get(key);
        return of == null ? null : of.waiting;
    }

    /** How many chunks of a key are held, right or wrong. */
    int held(K key) {
        Pending<M> of = pending.get(key);
        return of == null ? 0 : of.bodies.size();
    }

    Fill fill(K key, List<ChunkPart> chunks) {
        Pending<M> of = pending.get(key);
        int missing = 0;
        int corrupt = 0;
        for (int i = 0; i < chunks.size(); i++) {
            if (of == null || !of.bodies.containsKey(i)) {
                missing++;
            } else if (pick(of, chunks.get(i), i) == null) {
                corrupt++;
            }
        }
        return new Fill(missing, corrupt);
    }

    /** The files of a manifest whose chunks are {@linkplain Fill#whole all there}; forgets the key. */
    List<SnapshotFile> take(K key, List<FilePart> files, List<ChunkPart> chunks) {
        Pending<M> of = pending.get(key);
        List<byte[]> bodies = new ArrayList<>();
        for (int i = 0; i < chunks.size(); i++) {
            bodies.add(Objects.requireNonNull(pick(Objects.requireNonNull(of), chunks.get(i), i)));
        }
        forget(key);
        return files(files, bodies);
    }

    /** Cuts the run of chunks into files. The manifest's sums agree, which its parser has checked. */
    private static List<SnapshotFile> files(List<FilePart> parts, List<byte[]> chunks) {
        List<SnapshotFile> files = new ArrayList<>();
        int chunk = 0;
        int position = 0;
        for (FilePart part : parts) {
            byte[] bytes = new byte[(int) part.bytes()];
            int filled = 0;
            while (filled < bytes.length) {
                int count = Math.min(bytes.length - filled, chunks.get(chunk).length - position);
                System.arraycopy(chunks.get(chunk), position, bytes, filled, count);
                filled += count;
                position += count;
                if (position == chunks.get(chunk).length) {
                    chunks.set(chunk, new byte[0]); // let go of it: the content is not held twice
                    chunk++;
                    position = 0;
                }
            }
            files.add(new SnapshotFile(part.name(), bytes));
        }
        return files;
    }

    private static <M> byte @Nullable [] pick(Pending<M> of, ChunkPart chunk, int index) {
        for (byte[] body : of.bodies.getOrDefault(index, List.of())) {
            if (matches(chunk, body)) {
                return body;
            }
        }
        return null;
    }

    static boolean matches(ChunkPart chunk, byte[] body) {
        return chunk.bytes() == body.length && chunk.crc32c() == Checksums.crc32c(body);
    }

    /** Forgets everything up to and with a key. */
    void forgetThrough(K key) {
        while (!pending.isEmpty() && pending.firstKey().compareTo(key) <= 0) {
            forget(pending.firstKey());
        }
    }

    /** Forgets everything before a key. */
    void forgetBefore(K key) {
        while (!pending.isEmpty() && pending.firstKey().compareTo(key) < 0) {
            forget(pending.firstKey());
        }
    }

    private void forget(K key) {
        Pending<M> of = pending.remove(key);
        if (of != null) {
            bytes -= of.bytes;
        }
    }

    /** Forgets the oldest until the rest fits; false when that was the one that is being worked on. */
    private boolean makeRoom(K key) {
        while (bytes > maxBytes) {
            K oldest = pending.firstKey();
            forget(oldest);
            if (oldest.equals(key)) {
                return false;
            }
        }
        return true;
    }

    private void count(Pending<M> of, long more) {
        of.bytes += more;
        bytes += more;
    }
}
