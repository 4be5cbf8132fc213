package freshet.serde.snapshot;

import freshet.serde.snapshot.ChunkPool.Waiting;
import freshet.serde.snapshot.DeltaAssembly.Gap;
import freshet.serde.snapshot.DeltaAssembly.Incomplete;
import freshet.serde.snapshot.DeltaAssembly.Ready;
import freshet.serde.snapshot.DeltaAssembly.Rejected;
import freshet.serde.snapshot.DeltaAssembly.Repeat;
import freshet.serde.snapshot.ManifestJudge.Fault;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts deltas of a topic in their place behind a snapshot, whatever has happened to their records on the way. A delta is handed
 * out once, and only to the state it was made for: its {@code lineage_before} is the lineage of what the reader has, so one that
 * is missing, comes twice, comes out of turn or belongs to another history is never applied.
 *
 * <p>Use: {@link #follow} the snapshot that was loaded; {@link #accept} records; while {@link #next} gives a delta, apply
 * it and say so by {@link #markApplied}. After a gap that does not close, load a newer snapshot and follow that. The first
 * delta behind a snapshot also leads on from the last one before it, so a reader that has them all needs no further
 * snapshot.
 *
 * <p>Memory is bounded: what is held beyond the limit is forgotten, oldest first. Not thread-safe. Never throws on a record.
 */
public final class DeltaAssembler {
    private final long maxPendingBytes;
    private final ManifestJudge judge;
    private final ChunkPool<DeltaId, DeltaManifest> pool;
    /** Whole, and waiting for their turn. */
    private final TreeMap<DeltaId, Delta> held = new TreeMap<>();

    private long heldBytes;
    private @Nullable Position position;

    /**
     * How far the reader is.
     *
     * @param generation of the trainer that wrote this: what follows is written by it, or by one that replaced it
     * @param sequence of the last delta behind the base, or 0
     */
    private record Position(
            String modelFingerprint,
            long generation,
            SnapshotVersion base,
            int sequence,
            long asOfMillis,
            String lineage) {

        DeltaId following() {
            return new DeltaId(base, sequence + 1);
        }

        boolean isFollowedBy(DeltaId id) {
            return id.equals(following())
                    || (id.sequence() == 1
                            && id.base().eventTimeMillis() == asOfMillis
                            && base.compareTo(id.base()) < 0);
        }

        boolean isPast(DeltaId id) {
            return id.compareTo(following()) < 0;
        }
    }

    /** For a reader without keys: signatures are not looked at. */
    public DeltaAssembler() {
        this(SnapshotAssembler.DEFAULT_MAX_PENDING_BYTES, TrustedKeys.unchecked());
    }

    /**
     * @param maxPendingBytes how much of unfinished deltas to hold, and as much again of whole ones that wait for their turn
     * @param trusted whose signatures count
     */
    public DeltaAssembler(long maxPendingBytes, TrustedKeys trusted) {
        this.maxPendingBytes = maxPendingBytes;
        judge = new ManifestJudge(trusted);
        pool = new ChunkPool<>(maxPendingBytes);
    }

    /** The reader's model is that of this snapshot now; what lies before it is forgotten. */
    public void follow(SnapshotManifest snapshot) {
        SnapshotDescription of = snapshot.description();
        noteGeneration(of.generation());
        moveTo(new Position(
                of.modelFingerprint(),
                of.generation(),
                of.version(),
                0,
                of.version().eventTimeMillis(),
                of.lineage()));
    }

    /** The reader has applied this delta, which {@link #next} gave. */
    public void markApplied(DeltaManifest applied) {
        DeltaDescription of = applied.description();
        moveTo(new Position(
                of.modelFingerprint(),
                of.generation(),
                of.id().base(),
                of.id().sequence(),
                of.asOfMillis(),
                of.lineage()));
    }

    private void moveTo(Position to) {
        position = to;
        List.copyOf(held.values()).stream()
                .filter(delta -> delta.manifest().description().generation() < to.generation)
                .forEach(replaced -> drop(replaced.id()));
        while (!held.isEmpty() && to.isPast(held.firstKey())) {
            drop(held.firstKey());
        }
        pool.forgetBefore(to.following());
    }

    /** A trainer of this generation is at work, as the registry says or another reader: smaller ones are refused. */
    public void noteGeneration(long generation) {
        judge.noteGeneration(generation);
    }

    /** The next delta to apply, if it is there. Gives the same one until it is {@linkplain #markApplied applied}. */
    public Optional<Delta> next() {
        Position at = position;
        if (at == null) {
            return Optional.empty();
        }
        for (Delta delta : held.values()) {
            if (at.isFollowedBy(delta.id())
                    && delta.manifest().description().lineageBefore().equals(at.lineage())) {
                return Optional.of(delta);
            }
        }
        return Optional.empty();
    }

    /** Bytes held. */
    public long pendingBytes() {
        return pool.bytes() + heldBytes;
    }

    /** Takes one record of the topic. */
    public DeltaAssembly accept(SnapshotRecord record) {
        DeltaId.Key key = DeltaId.Key.parse(record.key());
        if (key == null) {
            return new Rejected(
                    Reason.BAD_KEY,
                    "found a record whose key is not of this format ("
                            + record.key().length()
                            + " characters), expected <base>/delta/<sequence>/chunk/<index> or .../manifest");
        }
        if (position != null && position.isPast(key.id())) {
            return new Repeat(key.id());
        }
        return key.chunk() == SnapshotRecords.Key.MANIFEST
                ? acceptManifest(key.id(), record.value())
                : acceptChunk(key.id(), key.chunk(), record.value());
    }

    private DeltaAssembly acceptChunk(DeltaId id, int index, byte[] body) {
        Delta whole = held.get(id);
        if (whole != null
                && index < whole.manifest().chunks().size()
                && ChunkPool.matches(whole.manifest().chunks().get(index), body)) {
            return new Repeat(id);
        }
        if (body.length > SnapshotRecords.MAX_CHUNK_BYTES) {
            return new Rejected(
                    Reason.TOO_LARGE,
                    "chunk " + index + " of delta " + id + ": found " + body.length + " bytes, expected at most "
                            + SnapshotRecords.MAX_CHUNK_BYTES);
        }
        switch (pool.add(id, index, body)) {
            case REPEAT -> {
                return new Repeat(id);
            }
            case NO_ROOM -> {
                return tooLarge(id);
            }
            default -> {
                Waiting<DeltaManifest> waiting = pool.waiting(id);
                if (waiting != null
                        && pool.held(id) >= waiting.chunks().size()
                        && pool.fill(id, waiting.chunks()).whole()) {
                    return complete(waiting);
                }
                return new Incomplete(id, pool.held(id));
            }
        }
    }

    private DeltaAssembly acceptManifest(DeltaId id, byte[] bytes) {
        DeltaManifest manifest;
        try {
            manifest = DeltaManifest.parse(bytes);
        } catch (BadSnapshotException e) {
            return new Rejected(Reason.BAD_MANIFEST, e.getMessage());
        }
        if (!manifest.id().equals(id)) {
            return new Rejected(
                    Reason.BAD_MANIFEST, "found the manifest of delta " + manifest.id() + " under the key of " + id);
        }
        String line = new String(bytes, StandardCharsets.UTF_8);
        Optional<Fault> fault =
                judge.judge("delta " + id, line, manifest.description().generation());
        if (fault.isPresent()) {
            return new Rejected(fault.get().reason(), fault.get().detail());
        }
        Delta whole = held.get(id);
        if (whole != null && whole.manifest().sha256().equals(manifest.sha256())) {
            return new Repeat(id);
        }
        if (!pool.canHold(manifest.bytes(), manifest.chunks().size())) {
            return tooLarge(id);
        }
        Waiting<DeltaManifest> waiting = new Waiting<>(manifest, line, manifest.chunks());
        ChunkPool.Fill fill = pool.fill(id, manifest.chunks());
        if (fill.whole()) {
            return complete(waiting);
        }
        pool.put(id, waiting);
        return new Rejected(
                fill.missing() > 0 ? Reason.MISSING_CHUNKS : Reason.CORRUPT_CHUNKS,
                "delta " + id + ": of " + manifest.chunks().size() + " chunks " + fill.missing()
                        + " have not arrived and " + fill.corrupt()
                        + " only torn or altered; it completes when they are sent again, and the next snapshot makes up"
                        + " for it");
    }

    private DeltaAssembly complete(Waiting<DeltaManifest> waiting) {
        DeltaManifest manifest = waiting.manifest();
        DeltaId id = manifest.id();
        Delta delta;
        try {
            delta = Delta.verified(manifest, waiting.line(), pool.take(id, manifest.files(), manifest.chunks()));
        } catch (BadSnapshotException e) {
            return new Rejected(Reason.CORRUPT_CONTENT, e.getMessage());
        }
        return hold(delta);
    }

    private DeltaAssembly hold(Delta delta) {
        DeltaDescription description = delta.manifest().description();
        Position at = position;
        if (at != null && !description.modelFingerprint().equals(at.modelFingerprint())) {
            return new Rejected(
                    Reason.BROKEN_CHAIN,
                    "delta " + delta.id()
                            + ": of another model specification than the one that is loaded; a snapshot of"
                            + " it must come first");
        }
        if (at != null && description.generation() < at.generation()) {
            return new Rejected(
                    Reason.OLDER_GENERATION,
                    "delta " + delta.id() + ": written by generation " + description.generation()
                            + " of the trainer, what is loaded by " + at.generation() + ", which has replaced it");
        }
        boolean follows = at != null && at.isFollowedBy(delta.id());
        if (at != null && follows && !description.lineageBefore().equals(at.lineage())) {
            return new Rejected(
                    Reason.BROKEN_CHAIN,
                    "delta " + delta.id() + ": it leads on from another history than the one that is loaded (lineage "
                            + description.lineageBefore() + ", not " + at.lineage()
                            + "); the next snapshot makes up for it");
        }
        drop(delta.id());
        held.put(delta.id(), delta);
        heldBytes += delta.manifest().bytes();
        while (heldBytes > maxPendingBytes && !held.isEmpty()) {
            drop(held.firstKey());
        }
        if (!held.containsKey(delta.id())) {
            return tooLarge(delta.id());
        }
        return follows
                ? new Ready(description)
                : new Gap(
                        description,
                        "delta " + delta.id() + ": "
                                + (at == null
                                        ? "no snapshot is loaded yet"
                                        : at.following() + " is missing before it; the model stays as of "
                                                + at.asOfMillis() + " ms until it comes or a newer snapshot does"));
    }

    private void drop(DeltaId id) {
        Delta dropped = held.remove(id);
        if (dropped != null) {
            heldBytes -= dropped.manifest().bytes();
        }
    }

    private Rejected tooLarge(DeltaId id) {
        return new Rejected(
                Reason.TOO_LARGE,
                "delta " + id + ": more than " + maxPendingBytes + " bytes of deltas wait; raise this reader's limit");
    }
}
