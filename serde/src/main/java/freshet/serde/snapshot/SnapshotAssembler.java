package freshet.serde.snapshot;

import freshet.serde.snapshot.ChunkPool.Waiting;
import freshet.serde.snapshot.ManifestJudge.Fault;
import freshet.serde.snapshot.SnapshotAssembly.Complete;
import freshet.serde.snapshot.SnapshotAssembly.Incomplete;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import freshet.serde.snapshot.SnapshotAssembly.Rejected;
import freshet.serde.snapshot.SnapshotAssembly.Repeat;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes snapshots of a topic's records, whatever has happened to those on the way: lost, doubled, reordered, torn, altered,
 * or those of several snapshots mixed. A snapshot comes out whole and with every checksum right, or not at all.
 *
 * <p>Idea: every <em>different</em> body that arrives under a chunk's key is kept, and the manifest picks by length and CRC-32C
 * ({@link ChunkPool}). A good copy counts wherever it stands, and two trainers that write the same version do not spoil one
 * another. A manifest that cannot be filled yet is reported as such and kept, so that a chunk sent again can still complete it.
 *
 * <p>A manifest counts only if its signature is good, where keys are given, and if its generation is not smaller than one that
 * was seen before: the trainer that wrote it has been replaced.
 *
 * <p>Memory is bounded: when bodies of all open snapshots together pass the limit, the oldest snapshot is forgotten.
 *
 * <p>Not thread-safe. Never throws on a record.
 */
public final class SnapshotAssembler {

    /** What a reader may hold of unfinished snapshots unless told otherwise. */
    public static final long DEFAULT_MAX_PENDING_BYTES = 1L << 30;

    private final long maxPendingBytes;
    private final @Nullable RegistryEntry named;
    private final ManifestJudge judge;
    private final ChunkPool<SnapshotVersion, SnapshotManifest> pool;
    private @Nullable SnapshotManifest loaded;

    /** For a reader without keys: signatures are not looked at. */
    public SnapshotAssembler() {
        this(DEFAULT_MAX_PENDING_BYTES);
    }

    /** For a reader without keys; see {@link #SnapshotAssembler(long, TrustedKeys)}. */
    public SnapshotAssembler(long maxPendingBytes) {
        this(maxPendingBytes, TrustedKeys.unchecked());
    }

    /**
     * @param maxPendingBytes how much of unfinished snapshots to hold; a snapshot larger than this cannot be read
     * @param trusted whose signatures count
     */
    public SnapshotAssembler(long maxPendingBytes, TrustedKeys trusted) {
        this(maxPendingBytes, trusted, null);
    }

    private SnapshotAssembler(long maxPendingBytes, TrustedKeys trusted, @Nullable RegistryEntry named) {
        this.maxPendingBytes = maxPendingBytes;
        this.named = named;
        judge = new ManifestJudge(trusted);
        pool = new ChunkPool<>(maxPendingBytes);
    }

    /**
     * For a reader that fetches the one snapshot that a registry names, whatever has been written since: records of other
     * versions are passed over, and other content under its version is refused.
     */
    public static SnapshotAssembler ofNamed(RegistryEntry named, long maxPendingBytes, TrustedKeys trusted) {
        return new SnapshotAssembler(maxPendingBytes, trusted, named);
    }

    /**
     * The reader has put a snapshot to use: from now on older ones are refused and its own records are repeats. A completed
     * snapshot that the reader refused is not marked, so that a better one under the same version can still come.
     */
    public void markLoaded(SnapshotManifest manifest) {
        loaded = manifest;
        noteGeneration(manifest.generation());
        pool.forgetThrough(manifest.version());
    }

    /** A trainer of this generation is at work, as the registry says or another reader: smaller ones are refused. */
    public void noteGeneration(long generation) {
        judge.noteGeneration(generation);
    }

    /** The largest generation that was seen in a manifest that counts, or {@linkplain #noteGeneration noted}. */
    public long newestGeneration() {
        return judge.newestGeneration();
    }

    /** Bytes held of unfinished snapshots. */
    public long pendingBytes() {
        return pool.bytes();
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
        if (named != null && !key.version().equals(named.version())) {
            return new Repeat(key.version());
        }
        if (loaded != null && key.version().compareTo(loaded.version()) < 0) {
            return new Rejected(
                    Reason.OLDER,
                    "found a record of snapshot " + key.version() + ", " + loaded.version() + " is already loaded");
        }
        return key.chunk() == SnapshotRecords.Key.MANIFEST
                ? acceptManifest(key.version(), record.value())
                : acceptChunk(key.version(), key.chunk(), record.value());
    }

    private SnapshotAssembly acceptChunk(SnapshotVersion version, int index, byte[] body) {
        if (loaded != null && version.equals(loaded.version()) && isOf(loaded, index, body)) {
            return new Repeat(version);
        }
        if (body.length > SnapshotRecords.MAX_CHUNK_BYTES) {
            return new Rejected(
                    Reason.TOO_LARGE,
                    "chunk " + index + " of snapshot " + version + ": found " + body.length
                            + " bytes, expected at most " + SnapshotRecords.MAX_CHUNK_BYTES);
        }
        switch (pool.add(version, index, body)) {
            case REPEAT -> {
                return new Repeat(version);
            }
            case NO_ROOM -> {
                return new Rejected(
                        Reason.TOO_LARGE,
                        "snapshot " + version + ": more than " + maxPendingBytes
                                + " bytes of unfinished snapshots; raise this reader's limit");
            }
            default -> {
                Waiting<SnapshotManifest> waiting = pool.waiting(version);
                // The count first: it is free, and checksums over everything for each late chunk would not be.
                if (waiting != null
                        && pool.held(version) >= waiting.chunks().size()
                        && pool.fill(version, waiting.chunks()).whole()) {
                    return complete(waiting);
                }
                return new Incomplete(version, pool.held(version));
            }
        }
    }

    private static boolean isOf(SnapshotManifest manifest, int index, byte[] body) {
        return index < manifest.chunks().size()
                && ChunkPool.matches(manifest.chunks().get(index), body);
    }

    private SnapshotAssembly acceptManifest(SnapshotVersion version, byte[] bytes) {
        SnapshotManifest manifest;
        try {
            manifest = SnapshotManifest.parse(bytes);
        } catch (BadSnapshotException e) {
            return new Rejected(Reason.BAD_MANIFEST, e.getMessage());
        }
        if (!manifest.version().equals(version)) {
            return new Rejected(
                    Reason.BAD_MANIFEST,
                    "found the manifest of snapshot " + manifest.version() + " under the key of " + version);
        }
        String line = new String(bytes, StandardCharsets.UTF_8);
        String what = "snapshot " + version;
        Optional<Fault> fault = named == null
                ? judge.judge(what, line, manifest.generation())
                : judgeNamed(what, line, manifest, named);
        if (fault.isPresent()) {
            return new Rejected(fault.get().reason(), fault.get().detail());
        }
        if (loaded != null && version.equals(loaded.version())) {
            if (manifest.sha256().equals(loaded.sha256())) {
                return new Repeat(version);
            }
            if (manifest.generation() == loaded.generation()) {
                return new Rejected(
                        Reason.CONFLICT,
                        "found other content for snapshot " + version + ", which is already loaded with SHA-256 "
                                + loaded.sha256() + "; is a second trainer writing to this topic?");
            }
        }
        return acceptGood(new Waiting<>(manifest, line, manifest.chunks()));
    }

    /** What the registry names is told by its SHA-256: its trainer may have been replaced since, which is no fault of it. */
    private Optional<Fault> judgeNamed(String what, String line, SnapshotManifest manifest, RegistryEntry entry) {
        Optional<Fault> distrust = judge.distrust(what, line);
        if (distrust.isPresent() || manifest.sha256().equals(entry.sha256())) {
            return distrust;
        }
        boolean replaced = manifest.generation() < entry.generation();
        return Optional.of(new Fault(
                replaced ? Reason.OLDER_GENERATION : Reason.CONFLICT,
                what + ": found content with SHA-256 " + manifest.sha256() + " by generation " + manifest.generation()
                        + " of the trainer, the registry names " + entry.sha256() + " by generation "
                        + entry.generation()));
    }

    private SnapshotAssembly acceptGood(Waiting<SnapshotManifest> waiting) {
        SnapshotManifest manifest = waiting.manifest();
        SnapshotVersion version = manifest.version();
        if (!pool.canHold(manifest.bytes(), manifest.chunks().size())) {
            return new Rejected(
                    Reason.TOO_LARGE,
                    "snapshot " + version + ": " + manifest.bytes() + " bytes, this reader holds at most "
                            + maxPendingBytes + "; raise its limit");
        }
        ChunkPool.Fill fill = pool.fill(version, manifest.chunks());
        if (fill.whole()) {
            return complete(waiting);
        }
        pool.put(version, waiting);
        String detail = "snapshot " + version + ": of " + manifest.chunks().size() + " chunks " + fill.missing()
                + " have not arrived and " + fill.corrupt()
                + " only torn or altered; it completes when they are sent again";
        return new Rejected(fill.missing() > 0 ? Reason.MISSING_CHUNKS : Reason.CORRUPT_CHUNKS, detail);
    }

    private SnapshotAssembly complete(Waiting<SnapshotManifest> waiting) {
        SnapshotManifest manifest = waiting.manifest();
        if (named == null && manifest.generation() < judge.newestGeneration()) {
            return new Rejected(
                    Reason.OLDER_GENERATION,
                    "snapshot " + manifest.version() + ": whole at last, and written by generation "
                            + manifest.generation() + " of the trainer, which " + judge.newestGeneration()
                            + " has replaced meanwhile");
        }
        try {
            return new Complete(Snapshot.verified(
                    manifest, waiting.line(), pool.take(manifest.version(), manifest.files(), manifest.chunks())));
        } catch (BadSnapshotException e) {
            return new Rejected(Reason.CORRUPT_CONTENT, e.getMessage());
        }
    }
}
