package freshet.jobs.source;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * Event time of one partition: what its {@link PartitionClock} says, less the disorder that is allowed, less one, since an
 * event at the watermark is late. Moves with the events, in steps of a second, and not only with the wall clock, so that
 * catching up does not pile up state. Records that are no events do not move it, nor does one whose clock runs ahead.
 *
 * <p>Without state: after a restart the time is found anew from the first records. Called on the task's thread.
 */
public final class DisorderWatermarks implements WatermarkGenerator<SourceRecord> {
    private static final long STEP_MILLIS = 1000;

    /** Which records are set aside is decided, with the same rule, by {@link SetAsideOperator}. */
    private static final PartitionClock.Verdicts<Boolean> NOT_ASKED = new PartitionClock.Verdicts<>() {
        @Override
        public void inTime(Boolean record) {}

        @Override
        public void ahead(Boolean record, long timeMillis, long nowMillis) {}
    };

    private final long maxDisorderMillis;
    private final PartitionClock<Boolean> clock;
    private long reachedMillis = Long.MIN_VALUE;
    private long emittedMillis = Long.MIN_VALUE;

    public DisorderWatermarks(long maxDisorderMillis, long maxFutureMillis) {
        this.maxDisorderMillis = maxDisorderMillis;
        this.clock = new PartitionClock<>(maxFutureMillis);
    }

    @Override
    public void onEvent(SourceRecord record, long timestamp, WatermarkOutput output) {
        if (record instanceof SourceRecord.Good good) {
            clock.accept(good.event().eventTimeMillis(), good.event().userId(), true, NOT_ASKED);
            if (clock.nowMillis() == PartitionClock.UNKNOWN) {
                return;
            }
            reachedMillis = clock.nowMillis() - maxDisorderMillis - 1;
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
