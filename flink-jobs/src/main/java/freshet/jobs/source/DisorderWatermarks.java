package freshet.jobs.source;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * Event time of one partition: the newest event seen, less the disorder that is allowed, less one, since an event at the
 * watermark is late. Moves with the events, in steps of a second, and not only with the wall clock, so that catching up
 * does not pile up state. Records that are no events do not move it. Called on the task's thread.
 */
final class DisorderWatermarks implements WatermarkGenerator<SourceRecord> {
    private static final long STEP_MILLIS = 1000;

    private final long maxDisorderMillis;
    private long reachedMillis = Long.MIN_VALUE;
    private long emittedMillis = Long.MIN_VALUE;

    DisorderWatermarks(long maxDisorderMillis) {
        this.maxDisorderMillis = maxDisorderMillis;
    }

    @Override
    public void onEvent(SourceRecord record, long timestamp, WatermarkOutput output) {
        if (record instanceof SourceRecord.Good good) {
            reachedMillis = Math.max(reachedMillis, good.event().eventTimeMillis() - maxDisorderMillis - 1);
            if (emittedMillis == Long.MIN_VALUE || reachedMillis >= emittedMillis + STEP_MILLIS) {
                emit(output);
            }
        }
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        if (reachedMillis > emittedMillis) {
            emit(output);
        }
    }

    private void emit(WatermarkOutput output) {
        emittedMillis = reachedMillis;
        output.emitWatermark(new Watermark(reachedMillis));
    }
}
