package freshet.jobs.config;

import freshet.serde.config.ConfigNode;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.TrustedKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The block {@code snapshots}: how models are handed to servers.
 *
 * @param every event time between snapshots
 * @param deltaEvery event time between deltas; zero for none. A multiple of {@code model.tick}, so that batches, and with them
 *     the model, are the same whatever it says
 * @param signing the key that signs manifests; absent where they are not signed
 * @param trustedKeys PEM files of the public keys that readers accept, by key id; empty where they check no signatures
 * @param asServed whether the trainer itself scores each example with the snapshot that was live when it was shown. It keeps
 *     a whole model for every hour of the longest horizon, on its heap and in its state: for replays and demonstrations
 */
public record SnapshotsConfig(
        Duration every,
        Duration deltaEvery,
        @Nullable Signing signing,
        SortedMap<String, String> trustedKeys,
        boolean asServed) {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DEFAULT_DELTA_EVERY = Duration.ofMinutes(1);

    /**
     * Who signs.
     *
     * @param keyFile PEM file with an Ed25519 private key, on the machine where the job's tasks run
     * @param keyId by which readers find the public key
     */
    public record Signing(String keyFile, String keyId) {}

    public SnapshotsConfig {
        trustedKeys = Collections.unmodifiableSortedMap(new TreeMap<>(trustedKeys));
    }

    static SnapshotsConfig read(ConfigNode snapshots, Duration tick) {
        Duration every = snapshots.duration("every", HOUR);
        if (!every.equals(HOUR)) {
            snapshots.problem("every", "found '" + every + "', expected 1h: versions are named by the hour");
        }
        return new SnapshotsConfig(
                every,
                deltaEvery(snapshots, tick),
                snapshots.has("signing") ? signing(snapshots.child("signing")) : null,
                trustedKeys(snapshots.child("trusted_keys")),
                snapshots.flag("as_served", false));
    }

    private static Duration deltaEvery(ConfigNode snapshots, Duration tick) {
        Duration byDefault = tick.compareTo(DEFAULT_DELTA_EVERY) > 0 ? tick : DEFAULT_DELTA_EVERY;
        Duration every = snapshots.duration("delta_every", byDefault);
        boolean said = snapshots.has("delta_every") && !every.isZero();
        if (said && !tick.isZero() && every.toMillis() % tick.toMillis() != 0) {
            snapshots.problem(
                    "delta_every",
                    "found '" + every + "', expected a multiple of model.tick, " + tick + ", or 0s for no deltas");
        }
        return every;
    }

    private static Signing signing(ConfigNode signing) {
        String keyId = signing.string("key_id");
        if (!keyId.isEmpty() && !ManifestSigner.isKeyId(keyId)) {
            signing.problem(
                    "key_id", "found '" + keyId + "', expected 1 to 64 letters, digits, dots, dashes and underscores");
        }
        return new Signing(signing.string("key_file"), keyId);
    }

    private static SortedMap<String, String> trustedKeys(ConfigNode keys) {
        SortedMap<String, String> files = new TreeMap<>();
        for (String keyId : keys.keys()) {
            files.put(keyId, keys.string(keyId));
        }
        return files;
    }

    /** What signs manifests here, on this machine. */
    public ManifestSigner signer() throws IOException {
        return signing == null
                ? ManifestSigner.unsigned()
                : ManifestSigner.load(signing.keyId(), Path.of(signing.keyFile()));
    }

    /** The keys that readers accept, from their files on this machine. */
    public TrustedKeys trusted() throws IOException {
        SortedMap<String, Path> files = new TreeMap<>();
        trustedKeys.forEach((keyId, file) -> files.put(keyId, Path.of(file)));
        return TrustedKeys.load(files);
    }
}
