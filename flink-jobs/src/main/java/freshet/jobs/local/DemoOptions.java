package freshet.jobs.local;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How a demo runs.
 *
 * @param out folder for the report, the metrics and the log; made where it is missing
 * @param length how long viewers come, wall clock, from when everything is running
 * @param speed event time per wall clock
 * @param port of the dashboard; 0 for any free one
 * @param seed of the simulated world
 * @param afterwards what becomes of the broker's data and of the checkpoints
 */
public record DemoOptions(Path out, Duration length, double speed, int port, long seed, Afterwards afterwards) {

    /** What becomes of the working files. */
    public enum Afterwards {
        REMOVE,
        KEEP
    }

    public DemoOptions {
        if (length.isNegative() || length.isZero()) {
            throw new IllegalArgumentException("demo: found a length of " + length + ", expected more than nothing");
        }
        if (!(speed >= 1 && speed <= 3600)) {
            throw new IllegalArgumentException("demo: found speed " + speed + ", expected 1 to 3600");
        }
    }
}
