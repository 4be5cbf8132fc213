package freshet.serde.snapshot;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import java.util.Map;

/** The keys of the first two test vectors of RFC 8032: known to the whole world, and good for tests only. */
final class TestKeys {
    private static final String PKCS8 = "302e020100300506032b657004220420";
    private static final String SPKI = "302a300506032b6570032100";

    static final PrivateKey PRIVATE = privateKey("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    static final PublicKey PUBLIC = publicKey("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    static final PrivateKey OTHER_PRIVATE =
            privateKey("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    static final PublicKey OTHER_PUBLIC = publicKey("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");

    static final ManifestSigner SIGNER = ManifestSigner.of("rfc8032-1", PRIVATE);
    static final TrustedKeys TRUSTED = TrustedKeys.of(Map.of("rfc8032-1", PUBLIC));

    private TestKeys() {}

    private static PrivateKey privateKey(String hex) {
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new PKCS8EncodedKeySpec(HexFormat.of().parseHex(PKCS8 + hex)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static PublicKey publicKey(String hex) {
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePublic(new X509EncodedKeySpec(HexFormat.of().parseHex(SPKI + hex)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
