package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.features.extract.FeatureBytes;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import org.jspecify.annotations.Nullable;

/**
 * An accepted impression until its last horizon ends: its features, and per task a folded number and where its label stands.
 *
 * <p>The features are kept as bytes, a quarter of what they take as objects, and leave with an example as such: whoever reads
 * them decodes them.
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

    /** Beside a status: a folded number that is not 0 follows. */
    private static final int FOLDED = 8;

    private static final String NAMES = "the ids of an open impression";

    final long eventTimeMillis;
    final long videoDurationMillis;
    final byte[] status;
    /** The impression's id and its video's, as texts. */
    private final byte[] names;
    /** Per task; null while nothing was folded, as most often for good. */
    private double @Nullable [] folded;

    private byte @Nullable [] encodedFeatures;

    /** Among the impressions whose labels changed in the moment that is being processed; never stored. */
    boolean touched;

    /**
     * @param features as {@link FeatureBytes}; null for one that gets no label
     */
    OpenImpression(Impression impression, byte @Nullable [] features, int tasks) {
        this(names(impression), impression.eventTimeMillis(), impression.videoDurationMillis(), tasks);
        this.encodedFeatures = features;
    }

    private OpenImpression(byte[] names, long eventTimeMillis, long videoDurationMillis, int tasks) {
        this.names = names;
        this.eventTimeMillis = eventTimeMillis;
        this.videoDurationMillis = videoDurationMillis;
        this.status = new byte[tasks];
    }

    private static byte[] names(Impression impression) {
        ByteWriter out = new ByteWriter(64);
        out.writeText(impression.impressionId());
        out.writeText(impression.videoId());
        return out.toByteArray();
    }

    String impressionId() {
        return new ByteReader(NAMES, names).readText();
    }

    String videoId() {
        ByteReader in = new ByteReader(NAMES, names);
        in.readText();
        return in.readText();
    }

    /** What was folded for a task; 0 at first. */
    double folded(int task) {
        return folded == null ? 0 : folded[task];
    }

    void setFolded(int task, double value) {
        double[] all = folded == null ? new double[status.length] : folded;
        all[task] = value;
        folded = all;
    }

    /** As {@link HotUsers#prefetch}. */
    long prefetch() {
        return eventTimeMillis + status[0] + names[0];
    }

    static boolean isDone(byte status) {
        return status > SETTLED;
    }

    /** Whether a label that was not positive may yet be. */
    static boolean isCorrectable(byte status) {
        return status == CORRECTABLE || status == CORRECTABLE_LEFT_OUT;
    }

    private boolean isDone() {
        for (byte one : status) {
            if (!isDone(one) || isCorrectable(one)) {
                return false;
            }
        }
        return true;
    }

    /** The features; gone once every task is done. */
    FeatureValues features() {
        byte[] bytes = encodedFeatures;
        if (bytes == null) {
            throw new IllegalStateException("impression " + impressionId() + ": its features were dropped too early");
        }
        return FeatureValues.of(() -> FeatureBytes.decode(bytes));
    }

    /** Lets go of the features if no label can need them. */
    void dropFeaturesIfDone() {
        if (isDone()) {
            encodedFeatures = null;
        }
    }

    /** The same impression in state of another shape. Labels of a task that is new are masked. */
    OpenImpression reshaped(ShapeChange change) {
        OpenImpression other = new OpenImpression(names, eventTimeMillis, videoDurationMillis, change.tasks().length);
        for (int task = 0; task < other.status.length; task++) {
            int before = change.tasks()[task];
            other.status[task] = before < 0 ? MASKED : status[before];
            if (before >= 0 && folded(before) != 0) {
                other.setFolded(task, folded(before));
            }
        }
        if (encodedFeatures != null) {
            other.encodedFeatures = FeatureBytes.encode(change.apply(features()));
        }
        other.dropFeaturesIfDone();
        return other;
    }

    void writeTo(ByteWriter out, long previousMillis) {
        out.writeBytes(names, 0, names.length);
        out.writeVarLong(eventTimeMillis - previousMillis);
        out.writeVarLong(videoDurationMillis);
        for (int task = 0; task < status.length; task++) {
            boolean stored = folded(task) != 0;
            out.writeByte(status[task] | (stored ? FOLDED : 0));
            if (stored) {
                out.writeDouble(folded(task));
            }
        }
        out.writeBlock(encodedFeatures == null ? new byte[0] : encodedFeatures);
    }

    static OpenImpression readFrom(ByteReader in, long previousMillis, int tasks) {
        OpenImpression impression = new OpenImpression(
                in.readTextsAsWritten(2), previousMillis + in.readVarLong(), in.readVarLong(), tasks);
        for (int task = 0; task < tasks; task++) {
            int status = in.readByte();
            impression.status[task] = (byte) (status & ~FOLDED);
            if ((status & FOLDED) != 0) {
                impression.setFolded(task, in.readDouble());
            }
        }
        byte[] features = in.readBlock();
        impression.encodedFeatures = features.length == 0 ? null : features;
        return impression;
    }
}
