package freshet.model.serve;

import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.TrustedKeys;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a server follows, and what it accepts. Immutable: begin with {@link #following}.
 *
 * @param follow which snapshot to serve
 * @param deltas whether to apply what changes between snapshots
 * @param trusted whose signatures count; with none, signatures are not looked at
 * @param featureFingerprint the schema of the features that this server extracts, as in a manifest: snapshots for other features
 *     are refused. Empty: any will do
 * @param lastGood folder in which to keep the snapshot that serves, to begin with before any broker answers. Empty: none
 * @param maxPendingBytes how much of unfinished snapshots to hold, and as much of deltas; a larger snapshot cannot be loaded
 */
public record SubscriberOptions(
        Follow follow,
        Deltas deltas,
        TrustedKeys trusted,
        Optional<String> featureFingerprint,
        Optional<Path> lastGood,
        long maxPendingBytes) {

    /** Which snapshot to serve. */
    public enum Follow {
        /** What the registry calls current: a gate or a person has let it through. */
        CURRENT,
        /** What the registry calls canary; the current one while there is none. */
        CANARY,
        /** The newest good one of the topic. Nobody has judged it, and the registry is not looked at. */
        NEWEST
    }

    /** Whether to apply what changes between snapshots. */
    public enum Deltas {
        /** The model is up to a minute old; what came with the snapshot is judged, what came since is not. */
        APPLIED,
        /** The model changes with snapshots only. */
        IGNORED
    }

    /** Without keys, deltas, or a folder. */
    public static SubscriberOptions following(Follow follow) {
        return new SubscriberOptions(
                follow,
                Deltas.IGNORED,
                TrustedKeys.unchecked(),
                Optional.empty(),
                Optional.empty(),
                SnapshotAssembler.DEFAULT_MAX_PENDING_BYTES);
    }

    /** With deltas, or without. */
    public SubscriberOptions with(Deltas whether) {
        return new SubscriberOptions(follow, whether, trusted, featureFingerprint, lastGood, maxPendingBytes);
    }

    /** Refuses what none of these keys has signed. */
    public SubscriberOptions trusting(TrustedKeys keys) {
        return new SubscriberOptions(follow, deltas, keys, featureFingerprint, lastGood, maxPendingBytes);
    }

    /** Refuses snapshots for other features; see {@link #featureFingerprint}. */
    public SubscriberOptions forFeatures(String fingerprint) {
        return new SubscriberOptions(follow, deltas, trusted, Optional.of(fingerprint), lastGood, maxPendingBytes);
    }

    /** Keeps the snapshot that serves in a folder; see {@link #lastGood}. */
    public SubscriberOptions keepingLastGood(Path folder) {
        return new SubscriberOptions(follow, deltas, trusted, featureFingerprint, Optional.of(folder), maxPendingBytes);
    }

    /** Holds so much of unfinished snapshots; see {@link #maxPendingBytes}. */
    public SubscriberOptions holding(long bytes) {
        return new SubscriberOptions(follow, deltas, trusted, featureFingerprint, lastGood, bytes);
    }
}
