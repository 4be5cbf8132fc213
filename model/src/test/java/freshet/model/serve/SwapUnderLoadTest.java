package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.model.snapshot.GoldenRows;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Registry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Threads score while snapshots and deltas are exchanged, forward and back. */
class SwapUnderLoadTest {
    private static final int HOURS = 5;
    private static final int THREADS = 3;
    private static final SmallTrainer TRAINER = new SmallTrainer(HOURS, 1, ManifestSigner.unsigned());

    private final AtomicBoolean done = new AtomicBoolean();
    private final CountDownLatch scoring = new CountDownLatch(THREADS);

    /** Every answer is the whole answer of one state of the model: never an error, never a mix. */
    private int score(LiveRanker live) {
        List<FeatureValues> candidates = SmallTrainer.candidates();
        int calls = 0;
        while (!done.get()) {
            float[] found = new float[TRAINER.predictions(0, 0).length];
            Ranker ranker = live.score(candidates, found);
            long behind = ranker.asOfMillis() - ranker.manifest().version().eventTimeMillis();
            int quarter = (int) (behind / (SmallTrainer.asOfMillis(0, 1) - SmallTrainer.asOfMillis(0, 0)));
            float[] expected = TRAINER.predictions(hourOf(ranker), quarter);
            for (int i = 0; i < found.length; i++) {
                assertThat(GoldenRows.agree(found[i], expected[i])).isTrue();
            }
            calls++;
            scoring.countDown();
        }
        return calls;
    }

    private static int hourOf(Ranker ranker) {
        int hour = 0;
        while (!SmallTrainer.version(hour).equals(ranker.manifest().version())) {
            hour++;
        }
        return hour;
    }

    @Test
    void noErrorNoMixAndEverySessionIsClosed() throws Exception {
        int before = Ranker.openCount();
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        try (SmallServer server =
                new SmallServer(SubscriberOptions.following(Follow.CURRENT).with(Deltas.APPLIED))) {
            for (int hour = 0; hour < HOURS; hour++) {
                server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(hour));
            }
            server.promote(TRAINER.snapshot(0));
            List<Future<Integer>> loads = new ArrayList<>();
            Callable<Integer> load = () -> score(server.live);
            for (int thread = 0; thread < THREADS; thread++) {
                loads.add(pool.submit(load));
            }
            scoring.await();
            for (int hour = 0; hour < HOURS; hour++) {
                server.promote(TRAINER.snapshot(hour));
                for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
                    server.read(FeedTopic.DELTAS, TRAINER.deltaRecords(hour, quarter));
                    assertThat(Ranker.openCount() - before).isEqualTo(1);
                }
                server.assertServes(TRAINER, hour, SmallTrainer.QUARTERS);
            }
            server.decide(Registry::rollback);
            server.assertServes(TRAINER, HOURS - 2, 0);
            done.set(true);
            for (Future<Integer> each : loads) {
                assertThat(each.get()).isPositive();
            }
            assertThat(Ranker.openCount() - before).isEqualTo(1);
        } finally {
            done.set(true);
            pool.shutdownNow();
        }
        assertThat(Ranker.openCount()).isEqualTo(before);
    }
}
