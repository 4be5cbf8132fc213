package freshet.jobs.source;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a file as bytes, so that what is not text can be set aside as it was. A line ends with LF or CR LF, or with
 * the file. Not thread-safe.
 */
final class LineReader implements Closeable {
    private static final int BUFFER_BYTES = 1 << 16;

    private final InputStream in;
    private final int maxLineBytes;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
    private int start;
    private int end;

    /**
     * @param maxLineBytes a longer line is cut after this many bytes, and the rest of it skipped
     */
    LineReader(InputStream in, int maxLineBytes) {
        this.in = in;
        this.maxLineBytes = maxLineBytes;
    }

    /** The next line without its end; null after the last one. */
    byte @Nullable [] next() throws IOException {
        line.reset();
        if (start == end && !fill()) {
            return null;
        }
        while (true) {
            int lf = indexOfLineFeed();
            int stop = lf < 0 ? end : lf;
            line.write(buffer, start, Math.min(stop - start, maxLineBytes - line.size()));
            start = lf < 0 ? end : lf + 1;
            if (lf >= 0 || !fill()) {
                return withoutCarriageReturn(line.toByteArray());
            }
        }
    }

    private int indexOfLineFeed() {
        for (int i = start; i < end; i++) {
            if (buffer[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private boolean fill() throws IOException {
        start = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
    }

    private static byte[] withoutCarriageReturn(byte[] bytes) {
        int length = bytes.length;
        return length > 0 && bytes[length - 1] == '\r' ? java.util.Arrays.copyOf(bytes, length - 1) : bytes;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
