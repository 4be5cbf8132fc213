package freshet.serde.snapshot;

import freshet.serde.snapshot.SnapshotManifest.ChunkPart;
import freshet.serde.snapshot.SnapshotManifest.FilePart;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Takes files one after the other and cuts their concatenation into chunks, while it computes every length and checksum. Holds
 * one chunk, so content of any length passes through. Not thread-safe.
 */
final class ContentWriter {
    private final ChunkConsumer out;
    private final MessageDigest sha256 = Checksums.newSha256();
    private final List<FilePart> files = new ArrayList<>();
    private final List<ChunkPart> chunks = new ArrayList<>();
    private byte[] chunk = new byte[SnapshotRecords.MAX_CHUNK_BYTES];
    private int filled;
    private long bytes;

    /** Receives the chunks in order; each array is the receiver's. */
    interface ChunkConsumer {
        void accept(int index, byte[] chunk);
    }

    /** What was written. */
    record Content(List<FilePart> files, List<ChunkPart> chunks, long bytes, String sha256) {}

    ContentWriter(ChunkConsumer out) {
        this.out = out;
    }

    void file(SnapshotFile file) {
        byte[] body = file.bytes();
        files.add(new FilePart(file.name(), body.length, Checksums.sha256(body)));
        sha256.update(body);
        bytes += body.length;
        int from = 0;
        while (from < body.length) {
            int count = Math.min(body.length - from, chunk.length - filled);
            System.arraycopy(body, from, chunk, filled, count);
            filled += count;
            from += count;
            if (filled == chunk.length) {
                closeChunk(chunk);
                chunk = new byte[SnapshotRecords.MAX_CHUNK_BYTES];
            }
        }
    }

    private void closeChunk(byte[] full) {
        int index = chunks.size();
        chunks.add(new ChunkPart(full.length, Checksums.crc32c(full)));
        filled = 0;
        out.accept(index, full);
    }

    Content finish() {
        if (filled > 0) {
            closeChunk(Arrays.copyOf(chunk, filled));
        }
        return new Content(files, chunks, bytes, Checksums.hex(sha256.digest()));
    }

    /** What files are, without their chunks. */
    static Content of(List<SnapshotFile> files) {
        ContentWriter writer = new ContentWriter((index, chunk) -> {});
        files.forEach(writer::file);
        return writer.finish();
    }

    /** Checks every file and the whole content against what a manifest says. */
    static void verify(String what, Content expected, List<SnapshotFile> files) throws BadSnapshotException {
        MessageDigest sha256 = Checksums.newSha256();
        for (int i = 0; i < files.size(); i++) {
            FilePart part = expected.files().get(i);
            byte[] bytes = files.get(i).bytes();
            String found = Checksums.sha256(bytes);
            if (bytes.length != part.bytes() || !found.equals(part.sha256())) {
                throw new BadSnapshotException(what + ", file " + part.name() + ": found " + bytes.length
                        + " bytes with SHA-256 " + found + ", expected " + part.bytes() + " bytes with "
                        + part.sha256());
            }
            sha256.update(bytes);
        }
        String found = Checksums.hex(sha256.digest());
        if (!found.equals(expected.sha256())) {
            throw new BadSnapshotException(
                    what + ": found content with SHA-256 " + found + ", expected " + expected.sha256());
        }
    }
}
