package freshet.jobs.bench;

import com.sun.management.ThreadMXBean;
import freshet.model.learn.Learner;
import freshet.model.learn.StepProfile;
import freshet.model.math.ElementKernel;
import freshet.model.math.Kernels;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.HashedIds;
import freshet.serde.example.LabeledExample;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * How fast the learner learns {@link StandardModel}, on one machine, in one run. One thread's time is its CPU time, which other
 * work on the machine disturbs little; the time of several is that on the clock, so for them the machine must be quiet. Of
 * several rounds the fastest counts. Examples come with their ids hashed, as they come to the trainer: what that costs elsewhere is
 * said beside.
 */
public final class TrainBenchmark {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int EXAMPLES = 16_384;
    private static final int PEAK_ROUNDS = 2_000_000;
    private static final int PEAK_REPEATS = 20;
    private static final int HASH_REPEATS = 10;
    private static final int FILL_BATCH = 1024;
    private static final double WARM_UP_SHARE = 0.5;
    private static final int ROUNDS = 10;

    /**
     * One combination of batch size and number of threads.
     *
     * @param kernels the inner loops it ran with
     * @param examplesPerSecond of the fastest round
     * @param bytesAllocatedPerExample by the calling thread, in that round
     * @param micros per example, by phase
     */
    public record Result(
            Kernels kernels,
            int batch,
            int threads,
            double examplesPerSecond,
            double bytesAllocatedPerExample,
            Map<StepProfile.Phase, Double> micros) {

        /** Of the dense part: forward and backward. */
        public double denseGflops() {
            double seconds = micros.getOrDefault(StepProfile.Phase.FORWARD, 0.0)
                    + micros.getOrDefault(StepProfile.Phase.BACKWARD, 0.0);
            return StandardModel.denseFlopPerExample() / (seconds * 1e3);
        }
    }

    /**
     * All of it.
     *
     * @param peakGflops of one thread: fused multiply-adds in registers alone
     * @param hashMicros for the ids of one example, before it gets to the learner
     */
    public record Report(double peakGflops, double hashMicros, List<Result> results, List<Result> plain) {}

    private final List<LabeledExample> examples = StandardModel.examples(1, EXAMPLES);
    private final double secondsPerResult;
    private final Consumer<String> progress;

    /**
     * @param secondsPerResult time to spend on each combination
     * @param progress receives a line for each thing that is begun
     */
    public TrainBenchmark(double secondsPerResult, Consumer<String> progress) {
        this.secondsPerResult = secondsPerResult;
        this.progress = progress;
    }

    /** Runs every combination with the best kernels; and the plain ones, if those are others, with one thread. */
    public Report run(List<Integer> batches, List<Integer> threads, List<Integer> plainBatches) {
        progress.accept("multiply-adds in registers");
        double peak = peakGflops();
        progress.accept("hashing ids");
        double hashMicros = hashMicros();
        List<Result> results = new ArrayList<>();
        for (int count : threads) {
            results.addAll(run(Kernels.best(), batches, count));
        }
        List<Result> plain = Kernels.best() == Kernels.PLAIN || plainBatches.isEmpty()
                ? List.of()
                : run(Kernels.PLAIN, plainBatches, 1);
        return new Report(peak, hashMicros, results, plain);
    }

    private static double peakGflops() {
        ElementKernel kernel = Kernels.best().elements();
        double best = 0;
        for (int repeat = 0; repeat < PEAK_REPEATS; repeat++) {
            long start = cpuNanos();
            long flop = kernel.multiplyAdds(PEAK_ROUNDS);
            best = Math.max(best, (double) flop / Math.max(1, cpuNanos() - start));
        }
        return best;
    }

    /** What an example costs elsewhere, so that the learner has it ready: see {@link FeatureValues#hashedIds}. */
    private double hashMicros() {
        double best = Double.MAX_VALUE;
        for (int repeat = 0; repeat < HASH_REPEATS; repeat++) {
            long start = cpuNanos();
            int ids = 0;
            for (LabeledExample example : examples) {
                ids += HashedIds.of(example.features().ids()).ids().length;
            }
            best = Math.min(best, (cpuNanos() - start) / 1e3 / examples.size());
            if (ids == 0) {
                throw new IllegalStateException("hashing the examples' ids: found none");
            }
        }
        examples.forEach(example -> example.features().hashedIds());
        return best;
    }

    private List<Result> run(Kernels kernels, List<Integer> batches, int threads) {
        List<Result> results = new ArrayList<>();
        try (Learner learner = new Learner(StandardModel.spec(threads), kernels)) {
            progress.accept(name(kernels) + ", threads " + threads + ": filling tables");
            fill(learner);
            LongSupplier clock = threads == 1 ? TrainBenchmark::cpuNanos : System::nanoTime;
            StepProfile profile = new StepProfile(clock);
            learner.profile(profile);
            for (int batch : batches) {
                progress.accept(name(kernels) + ", threads " + threads + ": batches of " + batch);
                results.add(measure(learner, profile, clock, kernels, batch, threads));
            }
        }
        return results;
    }

    private static String name(Kernels kernels) {
        return kernels.product().name();
    }

    private static void fill(Learner learner) {
        float[] predictions = new float[FILL_BATCH * learner.spec().taskCount()];
        for (int from = 0; from < StandardModel.everyIdCount(); from += FILL_BATCH) {
            int to = Math.min(from + FILL_BATCH, StandardModel.everyIdCount());
            learner.step(StandardModel.everyId(from, to), predictions);
        }
    }

    private Result measure(
            Learner learner, StepProfile profile, LongSupplier clock, Kernels kernels, int batch, int threads) {
        List<List<LabeledExample>> steps = new ArrayList<>();
        for (int from = 0; from + batch <= examples.size(); from += batch) {
            steps.add(List.copyOf(examples.subList(from, from + batch)));
        }
        float[] predictions = new float[batch * learner.spec().taskCount()];
        long warmUpEnd = clock.getAsLong() + nanos(WARM_UP_SHARE);
        while (clock.getAsLong() < warmUpEnd) {
            steps.forEach(step -> learner.step(step, predictions));
        }
        Result best = round(learner, profile, clock, kernels, steps, predictions, threads);
        for (int round = 1; round < ROUNDS; round++) {
            Result other = round(learner, profile, clock, kernels, steps, predictions, threads);
            best = other.examplesPerSecond() > best.examplesPerSecond() ? other : best;
        }
        return best;
    }

    private Result round(
            Learner learner,
            StepProfile profile,
            LongSupplier clock,
            Kernels kernels,
            List<List<LabeledExample>> steps,
            float[] predictions,
            int threads) {
        profile.reset();
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        long start = clock.getAsLong();
        long end = start + nanos((1 - WARM_UP_SHARE) / ROUNDS);
        int count = 0;
        int step = 0;
        long now = start;
        while (now < end || count == 0) {
            List<LabeledExample> batch = steps.get(step);
            learner.step(batch, predictions);
            count += batch.size();
            step = step + 1 == steps.size() ? 0 : step + 1;
            now = clock.getAsLong();
        }
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - bytes;
        Map<StepProfile.Phase, Double> micros = new EnumMap<>(StepProfile.Phase.class);
        for (StepProfile.Phase phase : StepProfile.Phase.values()) {
            micros.put(phase, profile.nanos(phase) / 1e3 / count);
        }
        return new Result(
                kernels,
                steps.get(0).size(),
                threads,
                count / ((now - start) / 1e9),
                (double) allocated / count,
                micros);
    }

    private long nanos(double share) {
        return (long) (secondsPerResult * share * 1e9);
    }

    private static long cpuNanos() {
        return THREADS.getCurrentThreadCpuTime();
    }
}
