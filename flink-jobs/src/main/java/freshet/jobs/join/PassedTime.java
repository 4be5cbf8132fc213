package freshet.jobs.join;

import java.util.Arrays;

/**
 * The event time that each key group of a subtask has passed, also before a restart. Flink forgets watermarks at a restore,
 * and sources then begin again somewhat earlier; without this, an event that was late before could be taken after, and
 * would yield examples behind a promise that trainers already have. Not thread-safe.
 *
 * <p>Saved as {@code {firstKeyGroup, lastKeyGroup, millis}} per subtask, so that it can be dealt out again at any
 * parallelism.
 */
final class PassedTime {
    private final int firstKeyGroup;
    private final long[] restoredMillis;
    private long watermarkMillis = Long.MIN_VALUE;

    /** Nothing has passed for the key groups from first to last, inclusive. */
    PassedTime(int firstKeyGroup, int lastKeyGroup) {
        this.firstKeyGroup = firstKeyGroup;
        this.restoredMillis = new long[lastKeyGroup - firstKeyGroup + 1];
        Arrays.fill(restoredMillis, Long.MIN_VALUE);
    }

    /** Takes over what another subtask, or this one, had saved. */
    void restore(long[] saved) {
        int from = Math.max(firstKeyGroup, (int) saved[0]);
        int to = Math.min(firstKeyGroup + restoredMillis.length - 1, (int) saved[1]);
        for (int keyGroup = from; keyGroup <= to; keyGroup++) {
            int i = keyGroup - firstKeyGroup;
            restoredMillis[i] = Math.max(restoredMillis[i], saved[2]);
        }
    }

    void advance(long watermark) {
        watermarkMillis = Math.max(watermarkMillis, watermark);
    }

    /** An event of this key group at or before this moment is late. */
    long of(int keyGroup) {
        return Math.max(watermarkMillis, restoredMillis[keyGroup - firstKeyGroup]);
    }

    /** What all key groups have passed. */
    long ofAll() {
        long slowest = Long.MAX_VALUE;
        for (long restored : restoredMillis) {
            slowest = Math.min(slowest, restored);
        }
        return Math.max(watermarkMillis, slowest);
    }

    /** What {@link #restore} takes, one element for each stretch of key groups that have passed the same time. */
    java.util.List<long[]> save() {
        java.util.List<long[]> stretches = new java.util.ArrayList<>();
        long[] last = null;
        for (int i = 0; i < restoredMillis.length; i++) {
            int keyGroup = firstKeyGroup + i;
            long passed = of(keyGroup);
            if (last != null && last[2] == passed) {
                last[1] = keyGroup;
            } else {
                last = new long[] {keyGroup, keyGroup, passed};
                stretches.add(last);
            }
        }
        return stretches;
    }
}
