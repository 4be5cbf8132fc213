package freshet.serde.snapshot;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The end of a manifest's line: {@code ,"key_id":"k","signature":"<88 of base64>","manifest_crc32c":"<8 hex>"}}, the first two
 * only where it is signed. The signature is over every byte before {@code ,"signature"}, key id included; the checksum is over
 * every byte before {@code ,"manifest_crc32c"}. Both have a fixed length, so a reader finds them from the end without
 * understanding the rest, whatever a newer writer put there.
 */
final class ManifestSeal {
    /** No manifest is longer; the longest a reader parses. */
    static final int MAX_LINE_BYTES = 4 << 20;

    private static final String CRC_BEGIN = ",\"manifest_crc32c\":\"";
    private static final String SIGNATURE_BEGIN = ",\"signature\":\"";
    private static final String END = "\"}";
    private static final int CRC_DIGITS = 8;
    private static final int SIGNATURE_BYTES = 64;
    private static final int SIGNATURE_CHARACTERS = 88;

    /**
     * What a line says it was signed with.
     *
     * @param signed the bytes under the signature
     * @param signature 64 bytes
     */
    record Signed(byte[] signed, byte[] signature) {}

    private ManifestSeal() {}

    /** Ends a line that still lacks its closing brace with the checksum of all that stands before it. */
    static String sealed(String open) {
        int crc = Checksums.crc32c(open.getBytes(StandardCharsets.UTF_8));
        return open + CRC_BEGIN + Checksums.hex(crc) + END;
    }

    static String withSignature(String open, byte[] signature) {
        return open + SIGNATURE_BEGIN + Base64.getEncoder().encodeToString(signature) + "\"";
    }

    /** Reads a line's bytes and checks its checksum. */
    static String checked(String what, byte[] line) throws BadSnapshotException {
        if (line.length > MAX_LINE_BYTES) {
            throw new BadSnapshotException(
                    what + ": found " + line.length + " bytes, expected at most " + MAX_LINE_BYTES);
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadSnapshotException(what + ": not UTF-8 text", e);
        }
        int end = openLength(text);
        if (end < 0 || !text.equals(sealed(text.substring(0, end)))) {
            throw new BadSnapshotException(what + ": its own checksum, the last key of the line, is missing or"
                    + " wrong; the line has been torn or altered on the way");
        }
        return text;
    }

    private static int openLength(String line) {
        return line.length() - CRC_BEGIN.length() - CRC_DIGITS - END.length();
    }

    /** The signature of a line whose checksum is right; null where it has none. */
    static @Nullable Signed signature(String line) {
        int end = openLength(line);
        int begin = end - SIGNATURE_BEGIN.length() - SIGNATURE_CHARACTERS - 1;
        if (begin < 0 || !line.startsWith(SIGNATURE_BEGIN, begin) || line.charAt(end - 1) != '"') {
            return null;
        }
        try {
            byte[] signature = Base64.getDecoder().decode(line.substring(begin + SIGNATURE_BEGIN.length(), end - 1));
            return signature.length == SIGNATURE_BYTES
                    ? new Signed(line.substring(0, begin).getBytes(StandardCharsets.UTF_8), signature)
                    : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }
}
