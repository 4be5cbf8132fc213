package freshet.jobs.train;

import freshet.jobs.state.SavedState;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.Lineage;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The {@link Lineage} of a trainer's model: batch by batch what was learnt, as ids, times, labels and weights. Features are a
 * function of the events before, so they need not stand in it. Not thread-safe.
 */
final class LearntLineage {
    private static final byte VERSION = 1;

    /** Of the batch: used again, and without the locks of streams, since the learner waits. */
    private ByteBuffer bytes = ByteBuffer.allocate(1 << 12);

    private String value = Lineage.START;

    /** A batch has been learnt. */
    void learnt(List<LabeledExample> batch) {
        bytes.clear();
        for (LabeledExample example : batch) {
            put(example.impressionId());
            put(example.userId());
            room(Long.BYTES).putLong(example.decidedTimeMillis());
            for (TaskLabel label : example.labels()) {
                put(label.task());
                room(2 * Float.BYTES).putFloat(label.label()).putFloat(label.weight());
            }
        }
        value = Lineage.after(value, Arrays.copyOf(bytes.array(), bytes.position()));
    }

    private void put(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        room(Integer.BYTES + utf8.length).putInt(utf8.length).put(utf8);
    }

    private ByteBuffer room(int more) {
        if (bytes.remaining() < more) {
            bytes = ByteBuffer.allocate(2 * (bytes.capacity() + more)).put(bytes.flip());
        }
        return bytes;
    }

    /** The model is an earlier one again, but for its optimizer, which still knows what was learnt since. */
    void rolledBack(String earlier) {
        value = Lineage.after(earlier, value.getBytes(StandardCharsets.US_ASCII));
    }

    /** 64 hex digits. */
    String value() {
        return value;
    }

    void save(DataOutput out) throws IOException {
        out.writeByte(VERSION);
        SavedState.writeText(out, value);
    }

    void restore(DataInput in) throws IOException {
        SavedState.expectVersion("lineage", VERSION, in);
        value = SavedState.readText(in);
    }
}
