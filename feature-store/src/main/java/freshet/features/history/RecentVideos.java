package freshet.features.history;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The last distinct videos of a few kinds: of each kind a list, newest first, as the texts that {@link ByteWriter#writeText}
 * writes, one after the other; all lists in one array. So a viewer's hundred videos are one object and not two hundred, and a
 * feature or a checkpoint takes a list as it lies. One owner, one thread.
 *
 * <p>The array: per list an int, how many texts, and an int, how many bytes they take; then the lists.
 */
final class RecentVideos {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int HEADER = 2 * Integer.BYTES;

    private final int lists;
    private byte[] bytes;
    private int size;

    RecentVideos(int lists) {
        this.lists = lists;
        size = lists * HEADER;
        bytes = new byte[size];
    }

    /** About what this takes of the heap. */
    long heapBytes() {
        return 40L + bytes.length;
    }

    /** As {@link UserHistory#prefetch}. */
    long prefetch() {
        return size == 0 ? 0 : bytes[size - 1];
    }

    /** How many videos a list has. */
    int count(int list) {
        return (int) INT.get(bytes, list * HEADER);
    }

    private int length(int list) {
        return (int) INT.get(bytes, list * HEADER + Integer.BYTES);
    }

    private void setHeader(int list, int count, int length) {
        INT.set(bytes, list * HEADER, count);
        INT.set(bytes, list * HEADER + Integer.BYTES, length);
    }

    private int begin(int list) {
        int at = lists * HEADER;
        for (int before = 0; before < list; before++) {
            at += length(before);
        }
        return at;
    }

    /** Where the text after the one at a place begins. */
    private int after(int at) {
        int next = at;
        int length = 0;
        for (int shift = 0; ; shift += 7) {
            byte part = bytes[next++];
            length |= (part & 0x7F) << shift;
            if (part >= 0) {
                return next + length;
            }
        }
    }

    /** Makes a video the newest of a list, which has at most {@code most} videos then. */
    void remember(int list, String video, int most) {
        ByteWriter text = new ByteWriter(video.length() + 8);
        text.writeText(video);
        remember(list, text.toByteArray(), most);
    }

    private void remember(int list, byte[] text, int most) {
        int begin = begin(list);
        int end = begin + length(list);
        int known = find(text, begin, end);
        if (known >= 0) {
            System.arraycopy(bytes, begin, bytes, begin + text.length, known - begin);
        } else {
            room(text.length);
            System.arraycopy(bytes, begin, bytes, begin + text.length, size - begin);
            size += text.length;
            setHeader(list, count(list) + 1, length(list) + text.length);
        }
        System.arraycopy(text, 0, bytes, begin, text.length);
        cut(list, most);
    }

    /** Where a text stands, or -1. */
    private int find(byte[] text, int begin, int end) {
        int at = begin;
        while (at < end) {
            int next = after(at);
            if (next - at == text.length && Arrays.equals(bytes, at, next, text, 0, text.length)) {
                return at;
            }
            at = next;
        }
        return -1;
    }

    /** Forgets the oldest of a list beyond so many. */
    private void cut(int list, int most) {
        if (count(list) <= most) {
            return;
        }
        int begin = begin(list);
        int end = begin + length(list);
        int at = begin;
        for (int kept = 0; kept < most; kept++) {
            at = after(at);
        }
        System.arraycopy(bytes, end, bytes, at, size - end);
        size -= end - at;
        setHeader(list, most, at - begin);
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, size + Math.max(more, size >> 2));
        }
    }

    /** The newest of a list, newest first, at most {@code most}: how many, then their texts. */
    void writeNewest(int list, int most, ByteWriter out) {
        int count = Math.min(count(list), most);
        int begin = begin(list);
        int end = begin;
        if (count == count(list)) {
            end += length(list);
        } else {
            for (int i = 0; i < count; i++) {
                end = after(end);
            }
        }
        out.writeVarLong(count);
        out.writeBytes(bytes, begin, end - begin);
    }

    /** All of a list, oldest first: how many, then their texts. */
    void writeOldestFirst(int list, ByteWriter out) {
        int[] begins = new int[count(list)];
        int at = begin(list);
        for (int i = 0; i < begins.length; i++) {
            begins[i] = at;
            at = after(at);
        }
        out.writeVarLong(begins.length);
        for (int i = begins.length - 1; i >= 0; i--) {
            out.writeBytes(bytes, begins[i], at - begins[i]);
            at = begins[i];
        }
    }

    /** The newest of a list, newest first, at most {@code most}. */
    String[] newest(int list, int most) {
        int begin = begin(list);
        ByteReader in = new ByteReader("recent videos", Arrays.copyOfRange(bytes, begin, begin + length(list)));
        String[] videos = new String[Math.min(count(list), most)];
        for (int i = 0; i < videos.length; i++) {
            videos[i] = in.readText();
        }
        return videos;
    }

    /** Makes all videos of another's list those of a list that is empty. */
    void take(int list, RecentVideos from, int fromList) {
        String[] videos = from.newest(fromList, Integer.MAX_VALUE);
        for (int i = videos.length - 1; i >= 0; i--) {
            remember(list, videos[i], Integer.MAX_VALUE);
        }
    }
}
