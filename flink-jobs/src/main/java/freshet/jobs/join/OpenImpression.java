package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.features.extract.FeatureBytes;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An accepted impression until its last horizon ends: its features, and per task a folded number and where its label stands.
 *
 * <p>An object is only a view of bytes in a {@link ByteArena}, made when it is asked for: two views of one impression are not
 * the same object, and a change through one is seen by the other. Its layout there: 8 bytes of event time, 8 of the video's
 * duration, one that says whether it was touched; per task a status; per task the 8 bytes of its folded number; the
 * impression's id and its video's, as texts; the {@link FeatureBytes}, as long as the block goes on. The features leave with an
 * example as bytes too: whoever reads them decodes them.
 */
final class OpenImpression {
    /** Where a label stands. Stored: never renumber. */
    static final byte OPEN = 0;
    /** Its own feedback is complete, but the task it is given is still open. */
    static final byte SETTLED = 1;
    /** Handed out, positive. */
    static final byte POSITIVE = 2;
    /** Handed out, not positive. */
    static final byte NOT_POSITIVE = 3;
    /** Without a label for good. */
    static final byte MASKED = 4;
    /** Handed out, not positive, and to be taken back should late feedback say otherwise. */
    static final byte CORRECTABLE = 5;
    /** Not positive and left out by down-sampling, but to be handed out should late feedback make it positive. */
    static final byte CORRECTABLE_LEFT_OUT = 6;

    /** Beside a status in a checkpoint: a folded number that is not 0 follows. */
    private static final int FOLDED = 8;

    private static final String WHAT = "an open impression";
    private static final byte[] NO_FEATURES = {};

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle DOUBLE =
            MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int TIME = 0;
    private static final int DURATION = TIME + Long.BYTES;
    private static final int TOUCHED = DURATION + Long.BYTES;
    private static final int STATUS = TOUCHED + 1;

    private final byte[] bytes;
    private final int begin;
    private final int length;
    private final int tasks;

    /** A view of {@code length} bytes from {@code begin} on. */
    OpenImpression(byte[] bytes, int begin, int length, int tasks) {
        this.bytes = bytes;
        this.begin = begin;
        this.length = length;
        this.tasks = tasks;
    }

    /**
     * Writes the bytes of a new one.
     *
     * @param features as {@link FeatureBytes}; empty for one that gets no label
     */
    static void write(ByteWriter out, Impression impression, byte[] features, int tasks) {
        writeHead(out, impression.eventTimeMillis(), impression.videoDurationMillis(), tasks);
        out.writeText(impression.impressionId());
        out.writeText(impression.videoId());
        out.writeBytes(features, 0, features.length);
    }

    private static void writeHead(ByteWriter out, long eventTimeMillis, long videoDurationMillis, int tasks) {
        out.writeFixedLong(eventTimeMillis);
        out.writeFixedLong(videoDurationMillis);
        out.writeByte(0);
        for (int task = 0; task < tasks; task++) {
            out.writeByte(OPEN);
        }
        for (int task = 0; task < tasks; task++) {
            out.writeDouble(0);
        }
    }

    long eventTimeMillis() {
        return (long) LONG.get(bytes, begin + TIME);
    }

    long videoDurationMillis() {
        return (long) LONG.get(bytes, begin + DURATION);
    }

    /** Whether it is among those whose labels changed in the moment that is being processed; never stored. */
    boolean isTouched() {
        return bytes[begin + TOUCHED] != 0;
    }

    void touch() {
        bytes[begin + TOUCHED] = 1;
    }

    void untouch() {
        bytes[begin + TOUCHED] = 0;
    }

    /** Whether both are views of one impression. */
    boolean isSame(OpenImpression other) {
        return bytes == other.bytes && begin == other.begin;
    }

    byte status(int task) {
        return bytes[begin + STATUS + task];
    }

    void setStatus(int task, byte status) {
        bytes[begin + STATUS + task] = status;
    }

    private int folds() {
        return begin + STATUS + tasks;
    }

    /** What was folded for a task; 0 at first. */
    double folded(int task) {
        return (double) DOUBLE.get(bytes, folds() + task * Double.BYTES);
    }

    void setFolded(int task, double value) {
        DOUBLE.set(bytes, folds() + task * Double.BYTES, value);
    }

    /** From the ids on. */
    private ByteReader ids() {
        int at = folds() + tasks * Double.BYTES;
        return new ByteReader(WHAT, bytes, at, begin + length - at);
    }

    String impressionId() {
        return ids().readText();
    }

    String videoId() {
        ByteReader in = ids();
        in.readText();
        return in.readText();
    }

    static boolean isDone(byte status) {
        return status > SETTLED;
    }

    static boolean isCorrectable(byte status) {
        return status == CORRECTABLE || status == CORRECTABLE_LEFT_OUT;
    }

    private boolean isDone() {
        for (int task = 0; task < tasks; task++) {
            if (!isDone(status(task)) || isCorrectable(status(task))) {
                return false;
            }
        }
        return true;
    }

    private byte[] encodedFeatures() {
        ByteReader in = ids();
        in.readTextsAsWritten(2);
        int end = begin + length;
        return Arrays.copyOfRange(bytes, end - in.remaining(), end);
    }

    /** The features, as they are now; of one that gets no label more there are none. */
    FeatureValues features() {
        byte[] encoded = encodedFeatures();
        if (encoded.length == 0) {
            throw new IllegalStateException("impression " + impressionId() + ": its features were dropped too early");
        }
        return FeatureValues.of(() -> FeatureBytes.decode(encoded));
    }

    /** Writes the bytes of the same impression in state of another shape. Labels of a task that is new are masked. */
    void writeReshaped(ByteWriter out, ShapeChange change) {
        int[] from = change.tasks();
        writeHead(out, eventTimeMillis(), videoDurationMillis(), 0);
        for (int before : from) {
            out.writeByte(before < 0 ? MASKED : status(before));
        }
        for (int before : from) {
            out.writeDouble(before < 0 ? 0 : folded(before));
        }
        out.writeText(impressionId());
        out.writeText(videoId());
        if (encodedFeatures().length > 0) {
            byte[] features = FeatureBytes.encode(change.apply(features()));
            out.writeBytes(features, 0, features.length);
        }
    }

    /** Appends what a checkpoint keeps; features that no label can need any more are left out. */
    void writeTo(ByteWriter out, long previousMillis) {
        byte[] names = ids().readTextsAsWritten(2);
        out.writeBytes(names, 0, names.length);
        out.writeVarLong(eventTimeMillis() - previousMillis);
        out.writeVarLong(videoDurationMillis());
        for (int task = 0; task < tasks; task++) {
            boolean stored = folded(task) != 0;
            out.writeByte(status(task) | (stored ? FOLDED : 0));
            if (stored) {
                out.writeDouble(folded(task));
            }
        }
        out.writeBlock(isDone() ? NO_FEATURES : encodedFeatures());
    }

    /** Reads what {@link #writeTo} wrote and appends it as the bytes of a view; returns its event time. */
    static long read(ByteReader in, long previousMillis, int tasks, ByteWriter out) {
        byte[] names = in.readTextsAsWritten(2);
        long eventTimeMillis = previousMillis + in.readVarLong();
        writeHead(out, eventTimeMillis, in.readVarLong(), 0);
        double[] folded = new double[tasks];
        for (int task = 0; task < tasks; task++) {
            int status = in.readByte();
            out.writeByte(status & ~FOLDED);
            if ((status & FOLDED) != 0) {
                folded[task] = in.readDouble();
            }
        }
        for (double value : folded) {
            out.writeDouble(value);
        }
        out.writeBytes(names, 0, names.length);
        byte[] features = in.readBlock();
        out.writeBytes(features, 0, features.length);
        return eventTimeMillis;
    }
}
