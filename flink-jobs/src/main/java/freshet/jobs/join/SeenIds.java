package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.Arrays;

/**
 * The ids that were accepted lately, oldest first, as {@link freshet.features.binary.IdFingerprint}es in one flat array: searched from
 * the newest end, since that is where almost every answer lies. A row is its time, its id and, of impressions, its video.
 * Rows live in {@code [start, end)}; forgetting moves {@code start}.
 */
final class SeenIds {
    private static final int TIME = 0;
    private static final int ID = 1;
    private static final int VIDEO = 2;

    private static final int MIN_GROWTH = 4;
    private static final long[] NO_ROWS = {};

    /** What is kept of each row: feedback is never looked up by its video. */
    enum Columns {
        ID(2),
        ID_AND_VIDEO(3);

        private final int width;

        Columns(int width) {
            this.width = width;
        }
    }

    private final Columns columns;
    /** {@code [row][column]}. */
    private long[] rows = NO_ROWS;

    private int start;
    private int end;

    SeenIds(Columns columns) {
        this.columns = columns;
    }

    /** About what this takes of the heap. */
    long heapBytes() {
        return Long.BYTES * (long) rows.length;
    }

    /** As {@link HotUsers#prefetch}. */
    long prefetch() {
        return end == start ? 0 : rows[start * columns.width] + rows[end * columns.width - 1];
    }

    int size() {
        return end - start;
    }

    /** Row of the newest with this id, or -1. Rows are numbered from 0, the oldest. */
    int newestOf(long id) {
        return newest(ID, id);
    }

    /** Row of the newest with this video, or -1. Call only where videos are kept. */
    int newestOfVideo(long video) {
        return newest(VIDEO, video);
    }

    private int newest(int column, long value) {
        int width = columns.width;
        for (int row = end - 1; row >= start; row--) {
            if (rows[row * width + column] == value) {
                return row - start;
            }
        }
        return -1;
    }

    /** Adds the newest row; times never go down. The video is left out where none are kept. */
    void add(long id, long video, long timeMillis) {
        int width = columns.width;
        if ((end + 1) * width > rows.length) {
            makeRoom();
        }
        int at = end++ * width;
        rows[at + TIME] = timeMillis;
        rows[at + ID] = id;
        if (columns == Columns.ID_AND_VIDEO) {
            rows[at + VIDEO] = video;
        }
    }

    private void makeRoom() {
        int width = columns.width;
        int size = size();
        // Where much was forgotten there is room without growing.
        boolean isRoomBefore = start >= MIN_GROWTH && start * width >= rows.length / 3;
        long[] to = isRoomBefore ? rows : new long[(size + Math.max(MIN_GROWTH, size / 2)) * width];
        System.arraycopy(rows, start * width, to, 0, size * width);
        rows = to;
        start = 0;
        end = size;
    }

    /** Time of the newest row. Call only where there is one. */
    long newestMillis() {
        return rows[(end - 1) * columns.width + TIME];
    }

    /** Forgets rows older than a moment. */
    void forgetBefore(long timeMillis) {
        while (start < end && rows[start * columns.width + TIME] < timeMillis) {
            start++;
        }
    }

    void forgetOldest() {
        start++;
    }

    void writeTo(ByteWriter out) {
        out.writeVarLong(size());
        long last = 0;
        for (int at = start * columns.width; at < end * columns.width; at += columns.width) {
            out.writeFixedLong(rows[at + ID]);
            if (columns == Columns.ID_AND_VIDEO) {
                out.writeFixedLong(rows[at + VIDEO]);
            }
            out.writeSignedVarLong(rows[at + TIME] - last);
            last = rows[at + TIME];
        }
    }

    static SeenIds readFrom(ByteReader in, Columns columns) {
        int size = in.readCount(columns.width * Long.BYTES - Long.BYTES + 1);
        SeenIds seen = new SeenIds(columns);
        seen.rows = size == 0 ? NO_ROWS : new long[(size + 1) * columns.width];
        long last = 0;
        for (int i = 0; i < size; i++) {
            long id = in.readFixedLong();
            long video = columns == Columns.ID_AND_VIDEO ? in.readFixedLong() : 0;
            last += in.readSignedVarLong();
            seen.add(id, video, last);
        }
        return seen;
    }

    @Override
    public String toString() {
        return Arrays.toString(Arrays.copyOfRange(rows, start * columns.width, end * columns.width));
    }
}
