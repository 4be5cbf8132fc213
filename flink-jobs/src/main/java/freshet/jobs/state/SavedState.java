package freshet.jobs.state;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The pieces of which saved state is made: versions, and blocks of bytes with their length before them. */
public final class SavedState {
    private SavedState() {}

    /** Reads a version byte. */
    public static void expectVersion(String what, byte expected, DataInput in) throws IOException {
        byte found = in.readByte();
        if (found != expected) {
            throw new IOException("restoring the " + what + ": found version " + found + ", expected " + expected
                    + "; the state was written by another release of Freshet, restore it with that one");
        }
    }

    public static void writeBlock(DataOutput out, byte[] block) throws IOException {
        out.writeInt(block.length);
        out.write(block);
    }

    public static byte[] readBlock(DataInput in) throws IOException {
        byte[] block = new byte[in.readInt()];
        in.readFully(block);
        return block;
    }

    public static void writeText(DataOutput out, String text) throws IOException {
        writeBlock(out, text.getBytes(StandardCharsets.UTF_8));
    }

    public static String readText(DataInput in) throws IOException {
        return new String(readBlock(in), StandardCharsets.UTF_8);
    }

    /** Metrics by task and name. */
    public static void writeMetrics(DataOutput out, SortedMap<String, SortedMap<String, Double>> metrics)
            throws IOException {
        out.writeInt(metrics.size());
        for (Map.Entry<String, SortedMap<String, Double>> task : metrics.entrySet()) {
            writeText(out, task.getKey());
            out.writeInt(task.getValue().size());
            for (Map.Entry<String, Double> metric : task.getValue().entrySet()) {
                writeText(out, metric.getKey());
                out.writeDouble(metric.getValue());
            }
        }
    }

    public static SortedMap<String, SortedMap<String, Double>> readMetrics(DataInput in) throws IOException {
        SortedMap<String, SortedMap<String, Double>> metrics = new TreeMap<>();
        for (int tasks = in.readInt(); tasks > 0; tasks--) {
            SortedMap<String, Double> ofTask = new TreeMap<>();
            metrics.put(readText(in), ofTask);
            for (int count = in.readInt(); count > 0; count--) {
                ofTask.put(readText(in), in.readDouble());
            }
        }
        return metrics;
    }
}
