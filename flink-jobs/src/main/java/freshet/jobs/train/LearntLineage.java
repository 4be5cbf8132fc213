package freshet.jobs.train;

import freshet.jobs.state.SavedState;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.Lineage;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The {@link Lineage} of a trainer's model: batch by batch what was learnt, as ids, times, labels and weights. Features are a
 * function of the events before, so they need not stand in it. Not thread-safe.
 */
final class LearntLineage {
    private static final byte VERSION = 1;

    private String value = Lineage.START;

    /** A batch has been learnt. */
    void learnt(List<LabeledExample> batch) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 * batch.size());
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (LabeledExample example : batch) {
                SavedState.writeText(out, example.impressionId());
                SavedState.writeText(out, example.userId());
                out.writeLong(example.decidedTimeMillis());
                for (TaskLabel label : example.labels()) {
                    SavedState.writeText(out, label.task());
                    out.writeFloat(label.label());
                    out.writeFloat(label.weight());
                }
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        value = Lineage.after(value, bytes.toByteArray());
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
