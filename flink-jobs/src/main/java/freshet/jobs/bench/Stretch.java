package freshet.jobs.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The stretch of a run that is measured: from the moment that the source has handed out the last event of the warm-up to that
 * of the last event of all. CPU time is that of the whole process: our threads, RocksDB's, the compiler's and the collector's.
 * Static, since Flink makes copies of the functions that mark it; the process runs one job. Safe on any thread.
 */
final class Stretch {
    /** What the process and the join's gauges stood at in one moment. */
    record Mark(long cpuNanos, long wallNanos, double reads, double writes, double storedBytes, double storedUsers) {
        private static Mark now() {
            OperatingSystemMXBean process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return new Mark(
                    process.getProcessCpuTime(),
                    System.nanoTime(),
                    Gauges.value("stateReads"),
                    Gauges.value("stateWrites"),
                    Gauges.value("storedBytes"),
                    Gauges.value("storedUsers"));
        }
    }

    private static final AtomicReference<@Nullable Mark> BEGIN = new AtomicReference<>();
    private static final AtomicReference<@Nullable Mark> END = new AtomicReference<>();

    private Stretch() {}

    static void begin() {
        BEGIN.set(Mark.now());
    }

    static void end() {
        END.set(Mark.now());
    }

    static Mark beginning() {
        return marked(BEGIN.get());
    }

    static Mark ending() {
        return marked(END.get());
    }

    private static Mark marked(@Nullable Mark mark) {
        if (mark == null) {
            throw new IllegalStateException("measuring: the job ended before its source had handed out every event");
        }
        return mark;
    }
}
