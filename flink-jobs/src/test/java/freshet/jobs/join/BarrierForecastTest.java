package freshet.jobs.join;

import static freshet.jobs.join.BarrierForecast.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BarrierForecastTest {
    private static final long SECOND = 1_000_000_000;
    private final BarrierForecast forecast = new BarrierForecast();

    @Test
    void knowsNothingBeforeTheSecondBarrier() {
        assertThat(forecast.idleNanos(5 * SECOND)).isEqualTo(NOBODY);
        forecast.barrier(10 * SECOND);
        assertThat(forecast.idleNanos(10 * SECOND)).isEqualTo(NOBODY);
        assertThat(forecast.idleNanos(19 * SECOND)).isEqualTo(NOBODY);
    }

    @Test
    void whoIsIdleForLongerThanTheBarrierIsAwayIsWorthIt() {
        forecast.barrier(-20 * SECOND);
        forecast.barrier(-8 * SECOND);

        assertThat(forecast.idleNanos(0)).isEqualTo(NOBODY);
        assertThat(forecast.idleNanos(SECOND)).isEqualTo(3 * SECOND);
        assertThat(forecast.idleNanos(3 * SECOND)).isEqualTo(SECOND);
        assertThat(forecast.idleNanos(4 * SECOND)).isEqualTo(12 * SECOND / 64);
    }

    @Test
    void stopsSoonWhenTheBarrierDoesNotCome() {
        forecast.barrier(0);
        forecast.barrier(16 * SECOND);

        assertThat(forecast.idleNanos(32 * SECOND + SECOND / 2)).isEqualTo(SECOND / 4);
        assertThat(forecast.idleNanos(33 * SECOND)).isEqualTo(NOBODY);
        forecast.barrier(40 * SECOND);
        assertThat(forecast.idleNanos(60 * SECOND)).isEqualTo(4 * SECOND);
    }
}
