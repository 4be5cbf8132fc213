package freshet.serde.snapshot;

import java.util.List;

/** The files of a snapshot read as one run of bytes. The bytes are not copied until asked for. Thread-safe. */
final class SnapshotContent {
    private final List<SnapshotFile> files;
    private final long length;

    SnapshotContent(List<SnapshotFile> files) {
        this.files = List.copyOf(files);
        long sum = 0;
        for (SnapshotFile file : files) {
            sum += file.bytes().length;
        }
        this.length = sum;
    }

    long length() {
        return length;
    }

    int chunkCount() {
        return SnapshotRecords.chunkCount(length);
    }

    /** A copy of one chunk: all are full but the last. */
    byte[] chunk(int index) {
        long from = (long) index * SnapshotRecords.MAX_CHUNK_BYTES;
        byte[] chunk = new byte[(int) Math.min(SnapshotRecords.MAX_CHUNK_BYTES, length - from)];
        int filled = 0;
        long fileStart = 0;
        for (SnapshotFile file : files) {
            long within = from + filled - fileStart;
            if (within >= 0 && within < file.bytes().length && filled < chunk.length) {
                int count = (int) Math.min(chunk.length - filled, file.bytes().length - within);
                System.arraycopy(file.bytes(), (int) within, chunk, filled, count);
                filled += count;
            }
            fileStart += file.bytes().length;
        }
        return chunk;
    }
}
