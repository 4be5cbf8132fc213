package freshet.serde.snapshot;

import freshet.serde.snapshot.SnapshotAssembly.Reason;
import freshet.serde.snapshot.TrustedKeys.Distrust;
import java.util.Optional;

/**
 * Decides whether a manifest counts, for snapshots and deltas alike: it has to be signed with a trusted key, where keys are
 * given, and must not come from a trainer that has been replaced. Its checksum is known to be right. Not thread-safe.
 */
final class ManifestJudge {
    private final TrustedKeys trusted;
    private long newestGeneration;

    /** Why a manifest does not count. */
    record Fault(Reason reason, String detail) {}

    ManifestJudge(TrustedKeys trusted) {
        this.trusted = trusted;
    }

    /** A trainer of this generation is at work: smaller ones are refused. */
    void noteGeneration(long generation) {
        newestGeneration = Math.max(newestGeneration, generation);
    }

    long newestGeneration() {
        return newestGeneration;
    }

    /**
     * What is wrong with a signature; empty when nothing is.
     *
     * @param what it belongs to, for messages
     * @param line of the manifest
     */
    Optional<Fault> distrust(String what, String line) {
        Optional<String> keyId = ManifestJson.keyId(line);
        Optional<Distrust> distrust = trusted.problem(line, keyId);
        return distrust.map(why -> new Fault(Reason.of(why), what + ": " + trusted.words(why, keyId)));
    }

    /** As {@link #distrust}, then whether the trainer that wrote it is the newest seen; if so, it is noted. */
    Optional<Fault> judge(String what, String line, long generation) {
        Optional<Fault> distrust = distrust(what, line);
        if (distrust.isPresent()) {
            return distrust;
        }
        if (generation < newestGeneration) {
            return Optional.of(new Fault(
                    Reason.OLDER_GENERATION,
                    what + ": written by generation " + generation + " of the trainer, " + newestGeneration
                            + " has replaced it; is the old deployment still running?"));
        }
        noteGeneration(generation);
        return Optional.empty();
    }
}
