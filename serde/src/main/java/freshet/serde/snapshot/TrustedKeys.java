package freshet.serde.snapshot;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The public keys whose signatures a reader accepts, by key id. To exchange a key: give every reader the new one beside the old,
 * then let the trainer sign with the new one, then take the old one away. Immutable, safe on any thread.
 */
public final class TrustedKeys {
    private static final TrustedKeys UNCHECKED = new TrustedKeys(Map.of());

    private final SortedMap<String, PublicKey> keys;

    /** Why a manifest is not to be trusted. A closed set, because each is a metric. */
    public enum Distrust {
        /** It has no signature, or none of the right form. */
        UNSIGNED,
        /** It names a key that this reader was not given. */
        UNKNOWN_KEY,
        /** The signature is not that key's over these bytes. */
        WRONG_SIGNATURE
    }

    private TrustedKeys(Map<String, PublicKey> keys) {
        this.keys = new TreeMap<>(keys);
    }

    /** Looks at no signature: for a reader that was given no keys, which the files of a replay do not need. */
    public static TrustedKeys unchecked() {
        return UNCHECKED;
    }

    /** Accepts what one of these keys has signed, and nothing else. */
    public static TrustedKeys of(Map<String, PublicKey> keysById) {
        if (keysById.isEmpty()) {
            throw new IllegalArgumentException("trusted keys: found none, expected at least one by its key id");
        }
        return new TrustedKeys(keysById);
    }

    /** Accepts what one of the keys in these PEM files has signed; with no files at all, looks at no signature. */
    public static TrustedKeys load(Map<String, Path> pemById) throws IOException {
        Map<String, PublicKey> keys = new TreeMap<>();
        for (Map.Entry<String, Path> entry : pemById.entrySet()) {
            keys.put(entry.getKey(), KeyFiles.publicKey(entry.getValue()));
        }
        return keys.isEmpty() ? UNCHECKED : new TrustedKeys(keys);
    }

    /** Whether this looks at signatures. */
    public boolean checks() {
        return !keys.isEmpty();
    }

    /**
     * What is wrong with the signature of a manifest, whose checksum is known to be right; empty when nothing is.
     *
     * @param keyId as the manifest has it, if it has one
     */
    Optional<Distrust> problem(String line, Optional<String> keyId) {
        if (!checks()) {
            return Optional.empty();
        }
        ManifestSeal.Signed signed = ManifestSeal.signature(line);
        if (signed == null || keyId.isEmpty()) {
            return Optional.of(Distrust.UNSIGNED);
        }
        PublicKey key = keys.get(keyId.get());
        if (key == null) {
            return Optional.of(Distrust.UNKNOWN_KEY);
        }
        try {
            Signature check = Signature.getInstance(ManifestSigner.ALGORITHM);
            check.initVerify(key);
            check.update(signed.signed());
            return check.verify(signed.signature()) ? Optional.empty() : Optional.of(Distrust.WRONG_SIGNATURE);
        } catch (GeneralSecurityException e) {
            return Optional.of(Distrust.WRONG_SIGNATURE);
        }
    }

    /** As {@link #problem}, in words. */
    String words(Distrust distrust, Optional<String> keyId) {
        return switch (distrust) {
            case UNSIGNED -> "it is not signed; this reader accepts the keys " + keys.keySet();
            case UNKNOWN_KEY ->
                "it is signed with the key '" + keyId.orElse("") + "'; this reader accepts " + keys.keySet()
                        + ". During a rotation give readers the new key first";
            case WRONG_SIGNATURE ->
                "its signature is not that of the key '" + keyId.orElse("") + "' over these bytes: it was altered, or"
                        + " another key bears that id";
        };
    }

    /**
     * Checks the signature of a snapshot that was read by other means than a {@link SnapshotAssembler}, from a folder for
     * example.
     *
     * @throws BadSnapshotException when it is not to be trusted
     */
    public void check(Snapshot snapshot) throws BadSnapshotException {
        Optional<String> keyId = ManifestJson.keyId(snapshot.manifestLine());
        Optional<Distrust> distrust = problem(snapshot.manifestLine(), keyId);
        if (distrust.isPresent()) {
            throw new BadSnapshotException("snapshot " + snapshot.version() + ": " + words(distrust.get(), keyId));
        }
    }
}
