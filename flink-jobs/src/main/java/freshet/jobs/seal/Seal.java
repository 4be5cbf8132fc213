package freshet.jobs.seal;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What stands at the end of a {@code _metadata} file, where Flink's reader does not look: checksums of the metadata before it, and of files
 * that it names.
 *
 * <pre>metadata, then
 * int count, then for each file: UTF name, long bytes, int CRC-32C or 0, boolean whether it was summed
 * int length of the metadata
 * int CRC-32C of everything before
 * long {@link #MAGIC}</pre>
 *
 * <p>Big-endian, as Java writes.
 *
 * @param files in the order of {@link StateStreams}
 */
record Seal(List<SealedFile> files) {
    /** "FRSHSEA1". */
    private static final long MAGIC = 0x4652534853454131L;

    private static final int TAIL_BYTES = Integer.BYTES + Integer.BYTES + Long.BYTES;

    /** The longest that {@link DataOutputStream#writeUTF} takes is more than any name here. */
    Seal {
        files = List.copyOf(files);
    }

    /**
     * A file.
     *
     * @param name for people: where it was written, which is not where it lies if a savepoint was moved
     * @param bytes its length
     * @param crc32c of its bytes
     * @param isSummed false where it was too long to be read once more; then {@code crc32c} is 0
     */
    record SealedFile(String name, long bytes, int crc32c, boolean isSummed) {
        /** Whether both were summed from the same bytes, wherever. */
        boolean hasBytesOf(SealedFile other) {
            return bytes == other.bytes && crc32c == other.crc32c && isSummed == other.isSummed;
        }
    }

    /**
     * A {@code _metadata} file in its two parts.
     *
     * @param metadata as Flink wrote it
     * @param seal nothing where it bears none
     */
    record Opened(byte[] metadata, Optional<Seal> seal) {}

    /** What is to stand behind the metadata. */
    byte[] behind(byte[] metadata) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(files.size());
        for (SealedFile file : files) {
            out.writeUTF(file.name);
            out.writeLong(file.bytes);
            out.writeInt(file.crc32c);
            out.writeBoolean(file.isSummed);
        }
        out.writeInt(metadata.length);
        CRC32C sum = new CRC32C();
        sum.update(metadata);
        sum.update(bytes.toByteArray());
        out.writeInt((int) sum.getValue());
        out.writeLong(MAGIC);
        return bytes.toByteArray();
    }

    /**
     * Opens a file.
     *
     * @throws IOException when its checksum is not that of its bytes
     */
    static Opened open(byte[] file) throws IOException {
        int tail = file.length - TAIL_BYTES;
        if (tail < 0 || ByteBuffer.wrap(file).getLong(file.length - Long.BYTES) != MAGIC) {
            return new Opened(file, Optional.empty());
        }
        int summed = tail + Integer.BYTES;
        CRC32C sum = new CRC32C();
        sum.update(file, 0, summed);
        int expected = ByteBuffer.wrap(file).getInt(summed);
        if ((int) sum.getValue() != expected) {
            throw new IOException(String.format(
                    "found bytes with the CRC-32C %08x, expected %08x: they are not those that were written",
                    (int) sum.getValue(), expected));
        }
        int length = ByteBuffer.wrap(file).getInt(tail);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(file, length, tail - length));
        List<SealedFile> files = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            files.add(new SealedFile(in.readUTF(), in.readLong(), in.readInt(), in.readBoolean()));
        }
        return new Opened(Arrays.copyOf(file, length), Optional.of(new Seal(files)));
    }
}
