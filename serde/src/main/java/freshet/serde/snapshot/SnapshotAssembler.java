package freshet.serde.snapshot;

import freshet.serde.snapshot.SnapshotAssembly.Complete;
import freshet.serde.snapshot.SnapshotAssembly.Incomplete;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import freshet.serde.snapshot.SnapshotAssembly.Rejected;
import freshet.serde.snapshot.SnapshotAssembly.Repeat;
import freshet.serde.snapshot.SnapshotManifest.ChunkPart;
import freshet.serde.snapshot.SnapshotManifest.FilePart;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes snapshots of a topic's records, whatever has happened to those on the way: lost, doubled, reordered, torn, altered,
 * or those of several snapshots mixed. A snapshot comes out whole and with every checksum right, or not at all.
 *
 * <p>Idea: a chunk does not say whether it is right, only the manifest knows. So every <em>different</em> body that arrives
 * under a chunk's key is kept, and the manifest picks by length and CRC-32C. A good copy counts wherever it stands, and two
 * trainers that write the same version do not spoil one another. A manifest that cannot be filled yet is reported as
 * such and kept, so that a chunk sent again can still complete it.
 *
 * <p>Memory is bounded: when bodies of all open snapshots together pass the limit, the oldest snapshot is forgotten.
 *
 * <p>Not thread-safe. Never throws on a record.
 */
public final class SnapshotAssembler {

    /** What a reader may hold of unfinished snapshots unless told otherwise. */
    public static final long DEFAULT_MAX_PENDING_BYTES = 1L << 30;

    /** A key with more different bodies than this is being attacked, not repeated. */
    private static final int MAX_BODIES_PER_CHUNK = 4;

    /** Counted per body beside its bytes, so that millions of tiny ones are bounded too. */
    private static final int BODY_OVERHEAD_BYTES = 64;

    private final long maxPendingBytes;
    private final TreeMap<SnapshotVersion, Pending> pending = new TreeMap<>();
    private long pendingBytes;
    private @Nullable SnapshotManifest loaded;

    /** One snapshot that is not whole yet. */
    private static final class Pending {
        final Map<Integer, List<byte[]>> bodies = new HashMap<>();

        @Nullable
        String manifestLine;

        @Nullable
        SnapshotManifest manifest;

        long bytes;
    }

    public SnapshotAssembler() {
        this(DEFAULT_MAX_PENDING_BYTES);
    }

    /**
     * @param maxPendingBytes how much of unfinished snapshots to hold; a snapshot larger than this cannot be read
     */
    public SnapshotAssembler(long maxPendingBytes) {
        this.maxPendingBytes = maxPendingBytes;
    }

    /**
     * The reader has put a snapshot to use: from now on older ones are refused and its own records are repeats. A completed
     * snapshot that the reader refused is not marked, so that a better one under the same version can still come.
     */
    public void markLoaded(SnapshotManifest manifest) {
        loaded = manifest;
        while (!pending.isEmpty() && pending.firstKey().compareTo(manifest.version()) <= 0) {
            forget(pending.firstKey());
        }
    }

    /** Bytes held of unfinished snapshots. */
    public long pendingBytes() {
        return pendingBytes;
    }

    /** Takes one record of the topic. */
    public SnapshotAssembly accept(SnapshotRecord record) {
        SnapshotRecords.Key key = SnapshotRecords.Key.parse(record.key());
        if (key == null) {
            return new Rejected(
                    Reason.BAD_KEY,
                    "found a record whose key is not of this format ("
                            + record.key().length()
                            + " characters), expected <version>/chunk/<index> or <version>/manifest");
        }
        if (loaded != null && key.version().compareTo(loaded.version()) < 0) {
            return new Rejected(
                    Reason.OLDER,
                    "found a record of snapshot " + key.version() + ", " + loaded.version() + " is already loaded");
        }
        boolean isManifest = key.chunk() == SnapshotRecords.Key.MANIFEST;
        if (loaded != null && key.version().equals(loaded.version())) {
            return ofLoaded(loaded, key, record.value());
        }
        return isManifest
                ? acceptManifest(key.version(), record.value())
                : acceptChunk(key.version(), key.chunk(), record.value());
    }

    private static SnapshotAssembly ofLoaded(SnapshotManifest loaded, SnapshotRecords.Key key, byte[] value) {
        boolean same;
        if (key.chunk() == SnapshotRecords.Key.MANIFEST) {
            try {
                same = SnapshotManifest.parse(value).sha256().equals(loaded.sha256());
            } catch (BadSnapshotException e) {
                return new Rejected(Reason.BAD_MANIFEST, e.getMessage());
            }
        } else {
            same = key.chunk() < loaded.chunks().size()
                    && matches(loaded.chunks().get(key.chunk()), value);
        }
        if (same) {
            return new Repeat(key.version());
        }
        return new Rejected(
                Reason.CONFLICT,
                "found other content for snapshot " + key.version() + ", which is already loaded with SHA-256 "
                        + loaded.sha256() + "; is a second trainer writing to this topic?");
    }

    private SnapshotAssembly acceptChunk(SnapshotVersion version, int index, byte[] body) {
        if (body.length > SnapshotRecords.MAX_CHUNK_BYTES) {
            return new Rejected(
                    Reason.TOO_LARGE,
                    "chunk " + index + " of snapshot " + version + ": found " + body.length
                            + " bytes, expected at most " + SnapshotRecords.MAX_CHUNK_BYTES);
        }
        Pending snapshot = pending.computeIfAbsent(version, v -> new Pending());
        List<byte[]> bodies = snapshot.bodies.computeIfAbsent(index, i -> new ArrayList<>(1));
        for (byte[] held : bodies) {
            if (Arrays.equals(held, body)) {
                return new Repeat(version);
            }
        }
        if (bodies.size() == MAX_BODIES_PER_CHUNK) {
            count(snapshot, -bodies.remove(0).length - BODY_OVERHEAD_BYTES);
        }
        bodies.add(body);
        count(snapshot, body.length + BODY_OVERHEAD_BYTES);
        if (!makeRoom(version)) {
            return new Rejected(
                    Reason.TOO_LARGE,
                    "snapshot " + version + ": more than " + maxPendingBytes
                            + " bytes of unfinished snapshots; raise this reader's limit");
        }
        SnapshotManifest manifest = snapshot.manifest;
        // The count first: it is free, and checksums over everything for each late chunk would not be.
        if (manifest != null
                && snapshot.bodies.size() >= manifest.chunks().size()
                && unfilled(manifest, snapshot) == 0) {
            return complete(version, snapshot, manifest);
        }
        return new Incomplete(version, snapshot.bodies.size());
    }

    private SnapshotAssembly acceptManifest(SnapshotVersion version, byte[] line) {
        SnapshotManifest manifest;
        try {
            manifest = SnapshotManifest.parse(line);
        } catch (BadSnapshotException e) {
            return new Rejected(Reason.BAD_MANIFEST, e.getMessage());
        }
        if (!manifest.version().equals(version)) {
            return new Rejected(
                    Reason.BAD_MANIFEST,
                    "found the manifest of snapshot " + manifest.version() + " under the key of " + version);
        }
        if (manifest.bytes() + (long) manifest.chunks().size() * BODY_OVERHEAD_BYTES > maxPendingBytes) {
            return new Rejected(
                    Reason.TOO_LARGE,
                    "snapshot " + version + ": " + manifest.bytes() + " bytes, this reader holds at most "
                            + maxPendingBytes + "; raise its limit");
        }
        Pending snapshot = pending.computeIfAbsent(version, v -> new Pending());
        if (snapshot.manifestLine != null) {
            count(snapshot, -snapshot.manifestLine.length());
        }
        snapshot.manifest = manifest;
        snapshot.manifestLine = new String(line, StandardCharsets.UTF_8);
        count(snapshot, snapshot.manifestLine.length());
        int unfilled = unfilled(manifest, snapshot);
        if (unfilled == 0) {
            return complete(version, snapshot, manifest);
        }
        makeRoom(version);
        int corrupt = 0;
        for (int i = 0; i < manifest.chunks().size(); i++) {
            if (snapshot.bodies.containsKey(i) && pick(manifest, snapshot, i) == null) {
                corrupt++;
            }
        }
        String detail = "snapshot " + version + ": of " + manifest.chunks().size() + " chunks " + (unfilled - corrupt)
                + " have not arrived and " + corrupt + " only torn or altered; it completes when they are sent again";
        return new Rejected(unfilled > corrupt ? Reason.MISSING_CHUNKS : Reason.CORRUPT_CHUNKS, detail);
    }

    /** How many chunks have no body that is right. */
    private static int unfilled(SnapshotManifest manifest, Pending snapshot) {
        int unfilled = 0;
        for (int i = 0; i < manifest.chunks().size(); i++) {
            if (pick(manifest, snapshot, i) == null) {
                unfilled++;
            }
        }
        return unfilled;
    }

    private static byte @Nullable [] pick(SnapshotManifest manifest, Pending snapshot, int index) {
        for (byte[] body : snapshot.bodies.getOrDefault(index, List.of())) {
            if (matches(manifest.chunks().get(index), body)) {
                return body;
            }
        }
        return null;
    }

    private static boolean matches(ChunkPart chunk, byte[] body) {
        return chunk.bytes() == body.length && chunk.crc32c() == Checksums.crc32c(body);
    }

    private SnapshotAssembly complete(SnapshotVersion version, Pending snapshot, SnapshotManifest manifest) {
        String line = Objects.requireNonNull(snapshot.manifestLine);
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < manifest.chunks().size(); i++) {
            chunks.add(Objects.requireNonNull(pick(manifest, snapshot, i)));
        }
        forget(version);
        try {
            return new Complete(Snapshot.verified(manifest, line, files(manifest, chunks)));
        } catch (BadSnapshotException e) {
            return new Rejected(Reason.CORRUPT_CONTENT, e.getMessage());
        }
    }

    /** Cuts the run of chunks into files. The manifest's sums agree, which its parser has checked. */
    private static List<SnapshotFile> files(SnapshotManifest manifest, List<byte[]> chunks) {
        List<SnapshotFile> files = new ArrayList<>();
        int chunk = 0;
        int position = 0;
        for (FilePart part : manifest.files()) {
            byte[] bytes = new byte[(int) part.bytes()];
            int filled = 0;
            while (filled < bytes.length) {
                int count = Math.min(bytes.length - filled, chunks.get(chunk).length - position);
                System.arraycopy(chunks.get(chunk), position, bytes, filled, count);
                filled += count;
                position += count;
                if (position == chunks.get(chunk).length) {
                    chunk++;
                    position = 0;
                }
            }
            files.add(new SnapshotFile(part.name(), bytes));
        }
        return files;
    }

    private void forget(SnapshotVersion version) {
        Pending snapshot = pending.remove(version);
        if (snapshot != null) {
            pendingBytes -= snapshot.bytes;
        }
    }

    /** Forgets the oldest until the rest fits; false when that was the one that is being worked on. */
    private boolean makeRoom(SnapshotVersion version) {
        while (pendingBytes > maxPendingBytes) {
            SnapshotVersion oldest = pending.firstKey();
            forget(oldest);
            if (oldest.equals(version)) {
                return false;
            }
        }
        return true;
    }

    private void count(Pending snapshot, long bytes) {
        snapshot.bytes += bytes;
        pendingBytes += bytes;
    }
}
