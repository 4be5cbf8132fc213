package freshet.jobs.train;

import freshet.serde.example.LabeledExample;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Examples that wait until everything before them has been seen; they leave in {@link LabeledExample#ORDER}. An example
 * that comes again (the examples job restarted and sent it twice) is recognised: either an equal one waits here, or its
 * decided time has been released already. It is dropped and counted. Not thread-safe.
 */
final class OrderBuffer {
    private static final byte VERSION = 1;

    private final TreeSet<LabeledExample> waiting = new TreeSet<>(LabeledExample.ORDER);
    private long releasedThroughMillis = Long.MIN_VALUE;
    private long repeats;

    /** Takes an example in, unless it is a repeat. */
    void add(LabeledExample example) {
        if (example.decidedTimeMillis() <= releasedThroughMillis || !waiting.add(example)) {
            repeats++;
        }
    }

    /** Hands out, in order, every example decided at or before a moment up to which all have been added. */
    void release(long throughMillis, Consumer<LabeledExample> into) {
        while (!waiting.isEmpty() && waiting.first().decidedTimeMillis() <= throughMillis) {
            into.accept(waiting.pollFirst());
        }
        releasedThroughMillis = Math.max(releasedThroughMillis, throughMillis);
    }

    /** How many examples wait. */
    int size() {
        return waiting.size();
    }

    /** How many examples came again and were dropped. */
    long repeats() {
        return repeats;
    }

    void save(DataOutputStream out, ExampleBytes bytes) throws IOException {
        out.writeByte(VERSION);
        out.writeLong(releasedThroughMillis);
        out.writeLong(repeats);
        bytes.writeAll(out, List.copyOf(waiting));
    }

    static OrderBuffer restore(DataInputStream in, ExampleBytes bytes) throws IOException {
        SavedState.expectVersion("order buffer", VERSION, in);
        OrderBuffer buffer = new OrderBuffer();
        buffer.releasedThroughMillis = in.readLong();
        buffer.repeats = in.readLong();
        buffer.waiting.addAll(bytes.readAll(in));
        return buffer;
    }
}
