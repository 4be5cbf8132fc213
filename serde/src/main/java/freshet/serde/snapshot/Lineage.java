package freshet.serde.snapshot;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * What a model has learnt, as one number: a SHA-256 that takes in every batch after the one before. It is a function of the
 * labels and their order alone, so the same events give the same lineage wherever they are learnt, and two models that differ
 * by one label differ in it.
 */
public final class Lineage {
    /** Of a model that has learnt nothing. */
    public static final String START = Checksums.sha256("freshet lineage 1");

    private Lineage() {}

    /** The lineage after something more was learnt. */
    public static String after(String lineage, byte[] learnt) {
        MessageDigest sha256 = Checksums.newSha256();
        sha256.update(lineage.getBytes(StandardCharsets.US_ASCII));
        sha256.update(learnt);
        return Checksums.hex(sha256.digest());
    }
}
