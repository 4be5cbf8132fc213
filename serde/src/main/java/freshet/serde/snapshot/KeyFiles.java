package freshet.serde.snapshot;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Set;

/**
 * Ed25519 keys in files: PEM as {@code openssl genpkey -algorithm ed25519} writes it, PKCS#8 for private keys (RFC 8410) and
 * SubjectPublicKeyInfo for public ones.
 */
public final class KeyFiles {
    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";
    private static final int LINE_CHARACTERS = 64;
    private static final int MAX_BYTES = 10_000;

    /**
     * Where a new pair was written.
     *
     * @param privateKey readable by its owner only
     */
    public record Pair(Path privateKey, Path publicKey) {}

    private KeyFiles() {}

    /** A new pair of keys, from the system's random numbers. */
    public static KeyPair newPair() {
        try {
            return KeyPairGenerator.getInstance(ManifestSigner.ALGORITHM).generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks Ed25519, which every one from 15 on has", e);
        }
    }

    /**
     * Makes a new pair of keys: {@code <keyId>.key.pem}, mode 0400, and {@code <keyId>.pub.pem}.
     *
     * @throws FileAlreadyExistsException when one of them is there: keys are never overwritten
     */
    public static Pair write(KeyPair keys, String keyId, Path folder) throws IOException {
        Files.createDirectories(folder);
        Path privateKey = folder.resolve(keyId + ".key.pem");
        Path publicKey = folder.resolve(keyId + ".pub.pem");
        if (Files.exists(publicKey)) {
            throw new FileAlreadyExistsException(publicKey.toString());
        }
        writePem(privateKey, PRIVATE, keys.getPrivate().getEncoded(), "r--------");
        writePem(publicKey, PUBLIC, keys.getPublic().getEncoded(), "rw-r--r--");
        return new Pair(privateKey, publicKey);
    }

    /** The permissions from the first byte on: a key must never have been readable by others, not for a moment. */
    private static void writePem(Path file, String kind, byte[] encoded, String permissions) throws IOException {
        FileAttribute<?>[] mode =
                file.getFileSystem().supportedFileAttributeViews().contains("posix")
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                        }
                        : new FileAttribute<?>[0];
        String body = Base64.getMimeEncoder(LINE_CHARACTERS, new byte[] {'\n'}).encodeToString(encoded);
        String pem = "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
        try (FileChannel channel =
                        FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode);
                var out = Channels.newOutputStream(channel)) {
            out.write(pem.getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** The private key in a file. */
    public static PrivateKey privateKey(Path pem) throws IOException {
        try {
            return KeyFactory.getInstance(ManifestSigner.ALGORITHM)
                    .generatePrivate(new PKCS8EncodedKeySpec(read(pem, PRIVATE)));
        } catch (GeneralSecurityException e) {
            // Without the cause: its message may hold bytes of the key.
            throw new IOException(
                    "reading a key: " + pem + " holds no Ed25519 private key; make one with freshet keys new");
        }
    }

    /** The public key in a file. */
    public static PublicKey publicKey(Path pem) throws IOException {
        try {
            return KeyFactory.getInstance(ManifestSigner.ALGORITHM)
                    .generatePublic(new X509EncodedKeySpec(read(pem, PUBLIC)));
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "reading a key: " + pem + " holds no Ed25519 public key; make one with freshet keys new", e);
        }
    }

    private static byte[] read(Path pem, String kind) throws IOException {
        if (!Files.isReadable(pem) || Files.size(pem) > MAX_BYTES) {
            throw new IOException("reading a key: " + pem + " is "
                    + (Files.isReadable(pem) ? "too long for one" : "missing, or may not be read by this process")
                    + "; expected a PEM file with -----BEGIN " + kind + "-----");
        }
        String text = Files.readString(pem, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf("-----BEGIN " + kind + "-----");
        int end = text.indexOf("-----END " + kind + "-----");
        if (begin < 0 || end < begin) {
            throw new IOException("reading a key: " + pem + " has no part -----BEGIN " + kind
                    + "-----; is it the other half of the pair?");
        }
        try {
            return Base64.getMimeDecoder()
                    .decode(text.substring(begin + "-----BEGIN -----".length() + kind.length(), end));
        } catch (IllegalArgumentException e) {
            throw new IOException("reading a key: " + pem + " is not base64 between its marks");
        }
    }
}
