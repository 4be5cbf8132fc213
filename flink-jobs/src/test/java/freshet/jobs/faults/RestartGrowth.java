package freshet.jobs.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** What a process holds after many lives of its jobs, beside what it held after a few. */
final class RestartGrowth {
    /** How many samples on each side the smallest is taken of: the garbage of a class loader may need a second collection. */
    private static final int SAMPLES = 3;

    /** The classes of one job are some eight MiB: fifteen that stay are over a hundred. */
    private static final double METASPACE_MEBIBYTES = 12;

    private static final double HEAP_MEBIBYTES = 16;

    /** Of one job there are some eight thousand. */
    private static final double CLASSES = 2_000;

    /** Pools of threads grow with use, by a few. */
    private static final double THREADS = 8;

    /** One for each life would be fifteen. */
    private static final double FILES = 10;

    /** The allocator keeps what was freed, in pieces. */
    private static final double RESIDENT_MEBIBYTES = 128;

    private RestartGrowth() {}

    /**
     * Fails where anything has grown.
     *
     * @param process for people
     * @param afterEach one sample for each life
     * @param warm lives after which everything that is made once has been made
     */
    static void assertNone(String process, List<JvmSample> afterEach, int warm) {
        List<JvmSample> before = afterEach.subList(warm - SAMPLES, warm);
        List<JvmSample> after = afterEach.subList(afterEach.size() - SAMPLES, afterEach.size());
        assertFlat(process + ": MiB of metaspace", before, after, JvmSample::metaspaceMebibytes, METASPACE_MEBIBYTES);
        assertFlat(process + ": classes", before, after, JvmSample::classes, CLASSES);
        assertFlat(process + ": threads", before, after, JvmSample::threads, THREADS);
        assertFlat(process + ": open files", before, after, JvmSample::openFiles, FILES);
        assertFlat(process + ": MiB of heap", before, after, JvmSample::heapMebibytes, HEAP_MEBIBYTES);
        assertFlat(process + ": MiB resident", before, after, JvmSample::rssMebibytes, RESIDENT_MEBIBYTES);
    }

    private static void assertFlat(
            String what,
            List<JvmSample> before,
            List<JvmSample> after,
            ToDoubleFunction<JvmSample> of,
            double mostMore) {
        double was = before.stream().mapToDouble(of).min().orElseThrow();
        double is = after.stream().mapToDouble(of).min().orElseThrow();
        System.out.println("    " + what + ": " + was + ", then " + is);
        assertThat(is - was).as("%s more, from %s to %s", what, was, is).isLessThanOrEqualTo(mostMore);
    }
}
