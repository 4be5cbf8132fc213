package freshet.model.table;

import java.util.Arrays;

/** Positions in the order in which they were added, each once; adding, removing and taking the first cost the same. One thread. */
final class PositionQueue {
    private static final int END = -1;

    /** Of a position that stands here: the one behind it or {@link #END}, plus 2; 0 of any other. */
    private int[] next = new int[1024];

    private int[] previous = new int[1024];
    private int first = END;
    private int last = END;
    private int size;

    int size() {
        return size;
    }

    /** Adds a position at the end unless it stands here. */
    void add(int position) {
        if (position >= next.length) {
            int length = Math.max(position + 1, 2 * next.length);
            next = Arrays.copyOf(next, length);
            previous = Arrays.copyOf(previous, length);
        }
        if (next[position] != 0) {
            return;
        }
        next[position] = END + 2;
        previous[position] = last;
        if (last == END) {
            first = position;
        } else {
            next[last] = position + 2;
        }
        last = position;
        size++;
    }

    boolean contains(int position) {
        return position < next.length && next[position] != 0;
    }

    void remove(int position) {
        if (!contains(position)) {
            return;
        }
        int behind = next[position] - 2;
        int before = previous[position];
        if (before == END) {
            first = behind;
        } else {
            next[before] = behind + 2;
        }
        if (behind == END) {
            last = before;
        } else {
            previous[behind] = before;
        }
        next[position] = 0;
        size--;
    }

    /** Takes the position that has stood here longest; not to be called when there is none. */
    int takeFirst() {
        int position = first;
        remove(position);
        return position;
    }
}
