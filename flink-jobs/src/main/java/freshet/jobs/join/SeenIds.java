package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.Arrays;

/**
 * The ids that were accepted lately, oldest first, as flat arrays of {@link freshet.features.binary.IdHash}es: searched from
 * the newest end, since that is where almost every answer lies. Rows live in {@code [start, end)}; forgetting moves
 * {@code start}.
 */
final class SeenIds {
    private static final int FIRST_CAPACITY = 8;

    private long[] ids = new long[FIRST_CAPACITY];
    private long[] videos = new long[FIRST_CAPACITY];
    private long[] times = new long[FIRST_CAPACITY];
    private int start;
    private int end;

    /** About what this takes of the heap. */
    long heapBytes() {
        return 3L * Long.BYTES * ids.length;
    }

    int size() {
        return end - start;
    }

    /** Row of the newest with this id, or -1. Rows are numbered from 0, the oldest. */
    int newestOf(long id) {
        return newest(ids, id);
    }

    /** Row of the newest with this video, or -1. */
    int newestOfVideo(long video) {
        return newest(videos, video);
    }

    private int newest(long[] column, long value) {
        for (int i = end - 1; i >= start; i--) {
            if (column[i] == value) {
                return i - start;
            }
        }
        return -1;
    }

    /** Adds the newest row; times never go down. */
    void add(long id, long video, long timeMillis) {
        if (end == ids.length) {
            int size = size();
            int capacity = size + Math.max(FIRST_CAPACITY, size / 2);
            ids = moved(ids, capacity);
            videos = moved(videos, capacity);
            times = moved(times, capacity);
            start = 0;
            end = size;
        }
        ids[end] = id;
        videos[end] = video;
        times[end] = timeMillis;
        end++;
    }

    private long[] moved(long[] from, int capacity) {
        // Where much was forgotten there is room without growing.
        long[] to = start >= FIRST_CAPACITY && start >= from.length / 3 ? from : new long[capacity];
        System.arraycopy(from, start, to, 0, end - start);
        return to;
    }

    /** Time of the newest row. Call only where there is one. */
    long newestMillis() {
        return times[end - 1];
    }

    /** Forgets rows older than a moment. */
    void forgetBefore(long timeMillis) {
        while (start < end && times[start] < timeMillis) {
            start++;
        }
    }

    void forgetOldest() {
        start++;
    }

    void writeTo(ByteWriter out, Columns columns) {
        out.writeVarLong(size());
        long last = 0;
        for (int i = start; i < end; i++) {
            out.writeFixedLong(ids[i]);
            if (columns == Columns.ID_AND_VIDEO) {
                out.writeFixedLong(videos[i]);
            }
            out.writeSignedVarLong(times[i] - last);
            last = times[i];
        }
    }

    static SeenIds readFrom(ByteReader in, Columns columns) {
        int size = in.readCount(columns == Columns.ID_AND_VIDEO ? 17 : 9);
        SeenIds seen = new SeenIds();
        seen.ids = new long[Math.max(FIRST_CAPACITY, size + 1)];
        seen.videos = new long[seen.ids.length];
        seen.times = new long[seen.ids.length];
        long last = 0;
        for (int i = 0; i < size; i++) {
            long id = in.readFixedLong();
            long video = columns == Columns.ID_AND_VIDEO ? in.readFixedLong() : 0;
            last += in.readSignedVarLong();
            seen.add(id, video, last);
        }
        return seen;
    }

    /** What is stored of each row: feedback is never looked up by its video. */
    enum Columns {
        ID,
        ID_AND_VIDEO
    }

    @Override
    public String toString() {
        return Arrays.toString(Arrays.copyOfRange(times, start, end));
    }
}
