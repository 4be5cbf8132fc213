package freshet.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JoinRunTest {
    /** Those in SQL need a planner that is not on the tests' class path. */
    @ParameterizedTest
    @EnumSource(
            names = {"SQL_HEAP", "SQL_ROCKSDB"},
            mode = EnumSource.Mode.EXCLUDE)
    void everyVariantRunsToItsEnd(JoinVariant variant, @TempDir Path folder) throws Exception {
        JoinMeasurement measured = JoinRun.run(variant, 100, 2_000, Duration.ofSeconds(10), folder);

        assertThat(measured.label()).isEqualTo(variant.label());
        assertThat(measured.events()).isBetween(1_400L, 1_500L);
        assertThat(measured.eventsPerCpuSecond()).isPositive();
    }
}
