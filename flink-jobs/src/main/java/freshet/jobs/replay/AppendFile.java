package freshet.jobs.replay;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A text file that grows by whole lines and can be taken back to an earlier length: what was written after the checkpoint
 * from which a job resumes is cut off, so that the file holds every line once. Not thread-safe.
 */
final class AppendFile implements Closeable {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path path;
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private long length;

    private AppendFile(Path path, FileChannel channel, long length) {
        this.path = path;
        this.channel = channel;
        this.length = length;
    }

    /**
     * Opens a file, creates it where it is missing, and cuts it to a length.
     *
     * @param length bytes to keep, as {@link #flush} gave it; 0 for a new file
     */
    static AppendFile open(Path path, long length) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        long found = channel.size();
        if (found < length) {
            channel.close();
            throw new IOException("resuming " + path + ": found " + found + " bytes, expected at least the " + length
                    + " of the checkpoint; the file was changed or removed, start again in an empty directory");
        }
        channel.truncate(length);
        channel.position(length);
        return new AppendFile(path, channel, length);
    }

    /** Writes a line; the line feed is added here. */
    void line(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        put(bytes);
        put(new byte[] {'\n'});
    }

    private void put(byte[] bytes) throws IOException {
        if (bytes.length > buffer.remaining()) {
            drain();
        }
        if (bytes.length > buffer.capacity()) {
            write(ByteBuffer.wrap(bytes));
        } else {
            buffer.put(bytes);
        }
        length += bytes.length;
    }

    private void drain() throws IOException {
        write(buffer.flip());
        buffer.clear();
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Puts every line on the disk; the length in bytes then. */
    long flush() throws IOException {
        drain();
        channel.force(false);
        return length;
    }

    @Override
    public void close() throws IOException {
        try {
            drain();
        } finally {
            channel.close();
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
