package freshet.serde.snapshot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Signs manifests with Ed25519 (RFC 8032), whose signatures are a function of key and message: the same snapshot signed again is
 * the same to the byte. Safe on any thread.
 */
public final class ManifestSigner {
    static final String ALGORITHM = "Ed25519";
    private static final Pattern KEY_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final ManifestSigner UNSIGNED = new ManifestSigner(null, null);

    private final @Nullable String keyId;
    private final @Nullable PrivateKey key;

    private ManifestSigner(@Nullable String keyId, @Nullable PrivateKey key) {
        this.keyId = keyId;
        this.key = key;
    }

    /** Leaves manifests unsigned: for replays, and where no reader has keys. */
    public static ManifestSigner unsigned() {
        return UNSIGNED;
    }

    /**
     * Signs with a key.
     *
     * @param keyId by which readers find the public key: 1 to 64 letters, digits, dots, dashes and underscores
     */
    public static ManifestSigner of(String keyId, PrivateKey key) {
        if (!isKeyId(keyId)) {
            throw new IllegalArgumentException("signing manifests: found the key id '" + keyId
                    + "', expected 1 to 64 letters, digits, dots, dashes and underscores");
        }
        return new ManifestSigner(keyId, key);
    }

    /**
     * Signs with the key in a PEM file.
     *
     * @throws IOException when the file cannot be read or holds no Ed25519 key; the message never holds the key
     */
    public static ManifestSigner load(String keyId, Path pem) throws IOException {
        return of(keyId, KeyFiles.privateKey(pem));
    }

    /** Whether a text can name a key. */
    public static boolean isKeyId(String text) {
        return KEY_ID.matcher(text).matches();
    }

    /** Ends a line that still lacks its closing brace: key id and signature if there is a key, and the checksum. */
    String close(String open) {
        if (key == null) {
            return ManifestSeal.sealed(open);
        }
        String signed = open + ",\"key_id\":\"" + keyId + "\"";
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            signature.update(signed.getBytes(StandardCharsets.UTF_8));
            return ManifestSeal.sealed(ManifestSeal.withSignature(signed, signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("signing a manifest with key " + keyId + ": " + e.getMessage(), e);
        }
    }
}
