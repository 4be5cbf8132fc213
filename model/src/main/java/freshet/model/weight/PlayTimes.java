package freshet.model.weight;

import freshet.model.quantile.QuantileSketch;
import freshet.model.spec.WatchWeightSpec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The play times of one platform over a sliding window of event time: where the parts of equal frequency lie, first by the
 * video's length, then by play time within each. The window is made of slices; a slice sketches lengths, and play times by
 * part of length as the parts were when it began. So part b of every slice holds lengths of the same ranks, and its play
 * times are merged with those of part b of the others. Not thread-safe.
 */
final class PlayTimes {
    private static final int DURATION_K = 256;
    private static final int PLAY_K = 64;

    private final WatchWeightSpec spec;
    /** The oldest first; the last is being filled. */
    private final Deque<Slice> slices = new ArrayDeque<>();

    private float[] durationEdges = new float[0];
    /** By part of length; empty arrays until play times were seen. */
    private float[][] playEdges = new float[0][];

    /** @param plays by part of length; none where there were no parts yet when the slice began */
    private record Slice(long number, QuantileSketch durations, List<QuantileSketch> plays) {}

    PlayTimes(WatchWeightSpec spec) {
        this.spec = spec;
    }

    /**
     * The part of play time that a view falls into.
     *
     * @return from 0 to {@code watchBuckets - 1}, or -1 while the window knows too little
     */
    int bucket(float duration, float play) {
        if (playEdges.length == 0) {
            return -1;
        }
        float[] edges = playEdges[QuantileSketch.bucket(durationEdges, duration)];
        return edges.length == 0 ? -1 : QuantileSketch.bucket(edges, play);
    }

    /** Takes in a view of some event time; slices that are over are closed first. */
    void add(long timeMillis, float duration, float play) {
        long number = Math.floorDiv(timeMillis, spec.sliceMillis());
        if (slices.isEmpty() || number > slices.getLast().number()) {
            renew(number);
        }
        Slice slice = slices.getLast();
        slice.durations().add(duration);
        if (!slice.plays().isEmpty()) {
            slice.plays().get(QuantileSketch.bucket(durationEdges, duration)).add(play);
        }
    }

    private void renew(long number) {
        while (!slices.isEmpty() && slices.getFirst().number() < number - spec.slices()) {
            slices.removeFirst();
        }
        computeEdges();
        List<QuantileSketch> plays = new ArrayList<>();
        for (int part = 0; durationEdges.length > 0 && part < spec.durationBuckets(); part++) {
            plays.add(new QuantileSketch(PLAY_K));
        }
        slices.addLast(new Slice(number, new QuantileSketch(DURATION_K), plays));
    }

    /** Of the slices that are there, all of them closed. */
    private void computeEdges() {
        QuantileSketch durations = new QuantileSketch(DURATION_K);
        slices.forEach(slice -> durations.merge(slice.durations()));
        // One part has no edges; a value above every length keeps it apart from "nothing known yet".
        durationEdges = spec.durationBuckets() == 1 && durations.count() > 0
                ? new float[] {Float.POSITIVE_INFINITY}
                : durations.edges(spec.durationBuckets());
        boolean played = slices.stream().anyMatch(slice -> !slice.plays().isEmpty());
        playEdges = new float[played && durationEdges.length > 0 ? spec.durationBuckets() : 0][];
        for (int part = 0; part < playEdges.length; part++) {
            QuantileSketch plays = new QuantileSketch(PLAY_K);
            for (Slice slice : slices) {
                if (!slice.plays().isEmpty()) {
                    plays.merge(slice.plays().get(part));
                }
            }
            playEdges[part] = plays.edges(spec.watchBuckets());
        }
    }

    void save(DataOutput out) throws IOException {
        out.writeInt(slices.size());
        for (Slice slice : slices) {
            out.writeLong(slice.number());
            slice.durations().save(out);
            out.writeInt(slice.plays().size());
            for (QuantileSketch plays : slice.plays()) {
                plays.save(out);
            }
        }
    }

    void restore(DataInput in) throws IOException {
        slices.clear();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            if (i == count - 1) {
                computeEdges(); // as they were when the last slice began
            }
            long number = in.readLong();
            QuantileSketch durations = QuantileSketch.restore(DURATION_K, in);
            int parts = in.readInt();
            if (parts != 0 && parts != spec.durationBuckets()) {
                throw new IOException("restoring play times: found " + parts + " parts of length, expected "
                        + spec.durationBuckets() + "; the saved state belongs to another model");
            }
            List<QuantileSketch> plays = new ArrayList<>();
            for (int part = 0; part < parts; part++) {
                plays.add(QuantileSketch.restore(PLAY_K, in));
            }
            slices.addLast(new Slice(number, durations, plays));
        }
    }
}
