package freshet.jobs.bench;

import com.sun.management.ThreadMXBean;
import freshet.model.learn.Learner;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.Ranker;
import freshet.model.snapshot.SnapshotModel;
import freshet.model.snapshot.SnapshotMoment;
import freshet.model.snapshot.SnapshotWriter;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Lineage;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotVersion;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * How fast {@link StandardModel} ranks: {@link #CANDIDATES} candidates a request, on one thread and on two, with and without
 * new snapshots being loaded and swapped in meanwhile; against ONNX Runtime alone on the same network with prepared inputs.
 * On one thread the three take turns, some requests each, so that other work on the machine hits them alike; their ratios are
 * of CPU time.
 */
public final class RankBenchmark {
    /** Candidates in a request. */
    public static final int CANDIDATES = 300;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long HOUR_MILLIS = 1_772_434_800_000L;
    private static final int REQUESTS = 32;
    private static final int FILL_BATCH = 1024;
    private static final int TURN = 8;
    private static final double WARM_UP_SHARE = 0.3;
    private static final long SWAP_EVERY_MILLIS = 1_000;
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int DIGITS = 3;

    /** Who answers the requests. */
    public enum Answerer {
        /** ONNX Runtime alone. */
        BARE,
        /** The ranker, for candidates of one viewer. */
        RANKER,
        /** The ranker, for candidates that have nothing in common. */
        RANKER_NOTHING_SHARED
    }

    /**
     * One line of the result.
     *
     * @param swaps snapshots that were loaded and swapped in meanwhile
     * @param requests how many were answered
     * @param p50Micros of the time from question to answer, on the clock
     * @param cpuMicros of the threads that answer, per request
     * @param requestsPerSecond of all threads together; of one that takes turns, while it was its turn
     */
    public record Result(
            Answerer answerer,
            int threads,
            int swaps,
            long requests,
            double p50Micros,
            double p99Micros,
            double maxMicros,
            double cpuMicros,
            double requestsPerSecond) {}

    /** What is measured of one answerer on one thread. */
    private static final class Clocked {
        private final Histogram nanos = new Histogram(MOST_NANOS, DIGITS);
        private long cpuNanos;
        private long wallNanos;

        void run(int times, Runnable request) {
            long cpu = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            long before = start;
            for (int i = 0; i < times; i++) {
                request.run();
                long now = System.nanoTime();
                nanos.recordValue(Math.min(MOST_NANOS, now - before));
                before = now;
            }
            wallNanos += before - start;
            cpuNanos += THREADS.getCurrentThreadCpuTime() - cpu;
        }

        static Result result(Answerer answerer, List<Clocked> threads, int swaps) {
            Histogram nanos = new Histogram(MOST_NANOS, DIGITS);
            long cpu = 0;
            double perSecond = 0;
            for (Clocked thread : threads) {
                nanos.add(thread.nanos);
                cpu += thread.cpuNanos;
                perSecond += thread.nanos.getTotalCount() / (thread.wallNanos / 1e9);
            }
            return new Result(
                    answerer,
                    threads.size(),
                    swaps,
                    nanos.getTotalCount(),
                    nanos.getValueAtPercentile(50) / 1e3,
                    nanos.getValueAtPercentile(99) / 1e3,
                    nanos.getMaxValue() / 1e3,
                    cpu / 1e3 / nanos.getTotalCount(),
                    perSecond);
        }
    }

    private final double secondsPerResult;
    private final Consumer<String> progress;

    /**
     * @param secondsPerResult time to spend on each line
     * @param progress receives a line for each thing that is begun
     */
    public RankBenchmark(double secondsPerResult, Consumer<String> progress) {
        this.secondsPerResult = secondsPerResult;
        this.progress = progress;
    }

    /** Measures everything. */
    public List<Result> run() throws Exception {
        progress.accept("filling tables");
        Snapshot snapshot = snapshot();
        SnapshotModel model = SnapshotModel.of(snapshot);
        List<List<FeatureValues>> shared = requests(StandardModel.Viewer.SHARED);
        List<List<FeatureValues>> own = requests(StandardModel.Viewer.OWN);
        List<Result> results = new ArrayList<>();
        try (LiveRanker live = new LiveRanker();
                BareNetwork bare = new BareNetwork(model, shared);
                BareNetwork other = new BareNetwork(model, shared)) {
            live.swap(new Ranker(model));
            progress.accept("one thread");
            results.addAll(takingTurns(bare, live, shared, own));
            progress.accept("one thread, with swaps");
            results.add(together(Answerer.RANKER, snapshot, live, List.of(ranking(live, shared, 0))));
            progress.accept("two threads");
            results.add(together(Answerer.BARE, null, live, List.of(bare::run, other::run)));
            List<Runnable> both = List.of(ranking(live, shared, 0), ranking(live, shared, REQUESTS / 2));
            results.add(together(Answerer.RANKER, null, live, both));
            progress.accept("two threads, with swaps");
            results.add(together(Answerer.RANKER, snapshot, live, both));
        }
        return results;
    }

    private static Snapshot snapshot() {
        try (Learner learner = new Learner(StandardModel.spec(1))) {
            float[] predictions = new float[FILL_BATCH * learner.spec().taskCount()];
            for (int from = 0; from < StandardModel.everyIdCount(); from += FILL_BATCH) {
                int to = Math.min(from + FILL_BATCH, StandardModel.everyIdCount());
                learner.step(StandardModel.everyId(from, to), predictions);
            }
            return new SnapshotWriter("standard", "{}")
                    .write(
                            learner,
                            new SnapshotMoment(
                                    0,
                                    new SnapshotVersion(HOUR_MILLIS),
                                    null,
                                    Lineage.START,
                                    StandardModel.everyIdCount(),
                                    new TreeMap<>(),
                                    List.of()));
        }
    }

    private static List<List<FeatureValues>> requests(StandardModel.Viewer viewer) {
        List<List<FeatureValues>> requests = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            requests.add(StandardModel.request(1, i, CANDIDATES, viewer));
        }
        return requests;
    }

    /** One request after the other, from a place in the list on; for one thread. */
    private static Runnable ranking(LiveRanker live, List<List<FeatureValues>> requests, int first) {
        float[] predictions = new float[CANDIDATES * StandardModel.spec(1).taskCount()];
        int[] next = {first};
        return () -> {
            next[0] = (next[0] + 1) % requests.size();
            live.score(requests.get(next[0]), predictions);
        };
    }

    private List<Result> takingTurns(
            BareNetwork bare, LiveRanker live, List<List<FeatureValues>> shared, List<List<FeatureValues>> own) {
        List<Runnable> requests = List.of(bare::run, ranking(live, shared, 0), ranking(live, own, 0));
        List<Clocked> clocks = new ArrayList<>();
        long warmUpEnd = System.nanoTime() + nanos(requests.size() * WARM_UP_SHARE);
        while (System.nanoTime() < warmUpEnd) {
            requests.forEach(request -> new Clocked().run(TURN, request));
        }
        requests.forEach(request -> clocks.add(new Clocked()));
        long end = System.nanoTime() + nanos(requests.size() * (1 - WARM_UP_SHARE));
        while (System.nanoTime() < end) {
            for (int i = 0; i < clocks.size(); i++) {
                clocks.get(i).run(TURN, requests.get(i));
            }
        }
        List<Result> results = new ArrayList<>();
        for (Answerer answerer : Answerer.values()) {
            results.add(Clocked.result(answerer, List.of(clocks.get(answerer.ordinal())), 0));
        }
        return results;
    }

    /**
     * A thread for each, all at once.
     *
     * @param swapped loaded and swapped in again and again meanwhile; null for no swaps
     */
    private Result together(Answerer answerer, @Nullable Snapshot swapped, LiveRanker live, List<Runnable> requests)
            throws InterruptedException, ExecutionException {
        ExecutorService pool = Executors.newFixedThreadPool(requests.size() + 1);
        AtomicBoolean done = new AtomicBoolean();
        try {
            Future<Integer> swaps = pool.submit(() -> swapped == null ? 0 : swap(swapped, live, done));
            long warmUpEnd = System.nanoTime() + nanos(WARM_UP_SHARE);
            long end = System.nanoTime() + nanos(1);
            List<Future<Clocked>> running = new ArrayList<>();
            for (Runnable request : requests) {
                running.add(pool.submit(() -> {
                    while (System.nanoTime() < warmUpEnd) {
                        request.run();
                    }
                    Clocked clocked = new Clocked();
                    while (System.nanoTime() < end) {
                        clocked.run(TURN, request);
                    }
                    return clocked;
                }));
            }
            List<Clocked> clocks = new ArrayList<>();
            for (Future<Clocked> each : running) {
                clocks.add(each.get());
            }
            done.set(true);
            return Clocked.result(answerer, clocks, swaps.get());
        } finally {
            done.set(true);
            pool.shutdown();
        }
    }

    private static int swap(Snapshot snapshot, LiveRanker live, AtomicBoolean done)
            throws BadSnapshotException, InterruptedException {
        int swaps = 0;
        while (!done.get()) {
            long start = System.nanoTime();
            live.swap(new Ranker(SnapshotModel.of(snapshot)));
            swaps++;
            long tookMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            Thread.sleep(Math.max(0, SWAP_EVERY_MILLIS - tookMillis));
        }
        return swaps;
    }

    private long nanos(double share) {
        return (long) (secondsPerResult * share * 1e9);
    }
}
