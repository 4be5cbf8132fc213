package freshet.jobs.simulation;

import java.util.ArrayDeque;
import java.util.Deque;

/** What has happened: the last steps, and if asked all of them on the terminal. */
final class Trace {
    private static final int KEPT = 30;

    private final Deque<String> last = new ArrayDeque<>();
    private final boolean printed;
    private int steps;

    Trace(boolean printed) {
        this.printed = printed;
    }

    void add(String what) {
        String line = steps++ + "  " + what;
        if (printed) {
            System.out.println(line);
        }
        last.add(line);
        if (last.size() > KEPT) {
            last.remove();
        }
    }

    int steps() {
        return steps;
    }

    /** The last steps, one a line. */
    @Override
    public String toString() {
        return String.join("\n", last);
    }
}
