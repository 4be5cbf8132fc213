package freshet.jobs.state;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.NoSuchElementException;
import org.apache.flink.api.common.state.MapState;
import org.jspecify.annotations.Nullable;

/**
 * One long value in keyed state, as numbered pieces of a megabyte: a value of RocksDB ends at 2 GiB, and long before that it
 * is held in memory several times over when it is written.
 *
 * <p>The operator's thread, with the replica as the current key.
 */
public final class PiecedState {
    private static final int PIECE_BYTES = 1 << 20;

    private final MapState<Integer, byte[]> pieces;

    public PiecedState(MapState<Integer, byte[]> pieces) {
        this.pieces = pieces;
    }

    /** Takes a new value in place of the one before; it is whole when the stream has been closed. */
    public OutputStream replace() {
        return new BufferedOutputStream(new Pieces(), PIECE_BYTES);
    }

    /** The value; null if there was never one. */
    @Nullable
    public InputStream read() throws Exception {
        if (!pieces.contains(0)) {
            return null;
        }
        return new SequenceInputStream(new Stored());
    }

    /** Makes one piece of every write; the buffer before it sees to their size. */
    private final class Pieces extends OutputStream {
        private int next;

        @Override
        public void write(int single) throws IOException {
            write(new byte[] {(byte) single}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            for (int from = offset; from < offset + length; from += PIECE_BYTES) {
                put(Arrays.copyOfRange(bytes, from, Math.min(from + PIECE_BYTES, offset + length)));
            }
        }

        private void put(byte[] piece) throws IOException {
            try {
                pieces.put(next++, piece);
            } catch (Exception e) {
                throw new IOException("writing piece " + (next - 1) + " of the trainer: the state backend failed", e);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                for (int left = next; pieces.contains(left); left++) {
                    pieces.remove(left);
                }
            } catch (Exception e) {
                throw new IOException("removing pieces from " + next + " on: the state backend failed", e);
            }
        }
    }

    private final class Stored implements Enumeration<InputStream> {
        private int next;

        @Override
        public boolean hasMoreElements() {
            try {
                return pieces.contains(next);
            } catch (Exception e) {
                throw failed(e);
            }
        }

        @Override
        public InputStream nextElement() {
            try {
                byte[] piece = pieces.get(next++);
                if (piece == null) {
                    throw new NoSuchElementException("piece " + (next - 1));
                }
                return new ByteArrayInputStream(piece);
            } catch (NoSuchElementException e) {
                throw e;
            } catch (Exception e) {
                throw failed(e);
            }
        }

        private IllegalStateException failed(Exception e) {
            return new IllegalStateException("reading piece " + next + " of the trainer: the state backend failed", e);
        }
    }
}
