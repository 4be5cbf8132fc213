package freshet.jobs.join;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.extract.FeatureExtractor;
import freshet.serde.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The core against {@link ReferenceJoin} on random streams under random schedules: any arrival within the bound, any
 * watermarks that keep the bound, calls at any moment, the state encoded and decoded at any moment. Each test takes a block
 * of seeds, so that a failure names its seed.
 */
class JoinCoreRandomTest {
    private static final int SEEDS_PER_BLOCK = 400;
    private static final FeatureExtractor EXTRACTOR = new FeatureExtractor(ReferenceFeatures.spec());

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void yieldsWhatTheReferenceYieldsUnderAnySchedule(int block) {
        for (long seed = block * SEEDS_PER_BLOCK; seed < (block + 1L) * SEEDS_PER_BLOCK; seed++) {
            RandomStream stream = new RandomStream(seed, JoinLimits.DEFAULT);
            ReferenceJoin expected = new ReferenceJoin(stream.spec, stream.events);
            CollectedOutput found = run(stream, seed, stream.spec.maxDisorder().toMillis());
            assertThat(found.late).as("seed %d", seed).isEmpty();
            assertSame(seed, found, expected);
            assertThat(found.ledger).as("seed %d", seed).isEqualTo(expected.ledger);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 101, 102})
    void dropsAndCountsWhatIsLateAndJoinsTheRest(int block) {
        for (long seed = block * SEEDS_PER_BLOCK; seed < (block + 1L) * SEEDS_PER_BLOCK; seed++) {
            RandomStream stream = new RandomStream(seed, JoinLimits.DEFAULT);
            CollectedOutput found =
                    run(stream, seed, 4 * stream.spec.maxDisorder().toMillis());
            List<Event> inTime = new ArrayList<>(stream.events);
            found.late.forEach(event -> assertThat(inTime.remove(event)).isTrue());
            ReferenceJoin expected = new ReferenceJoin(stream.spec, inTime);
            assertSame(seed, found, expected);
            assertThat(found.ledger.imbalances()).as("seed %d", seed).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 202})
    void limitsGiveTheSameUnderAnyScheduleToo(int block) {
        for (long seed = block * SEEDS_PER_BLOCK; seed < (block + 1L) * SEEDS_PER_BLOCK; seed++) {
            RandomStream stream = new RandomStream(seed, new JoinLimits(1000, 3, 6, 2));
            long bound = stream.spec.maxDisorder().toMillis();
            CollectedOutput one = run(stream, seed, bound);
            CollectedOutput other = run(stream, seed + 1, bound);
            assertThat(one.examples).as("seed %d", seed).isEqualTo(other.examples);
            assertThat(one.orphans).as("seed %d", seed).isEqualTo(other.orphans);
            assertThat(one.ledger).as("seed %d", seed).isEqualTo(other.ledger);
        }
    }

    /** The tests above say little if the streams never come to a line of the ledger. */
    @Test
    void streamsReachEveryLineOfTheLedger() {
        Ledger total = new Ledger(List.of("any"));
        for (long seed = 0; seed < 2000; seed++) {
            RandomStream stream = new RandomStream(seed, new JoinLimits(5, 5, 5, 5));
            addUp(run(stream, seed, 4 * stream.spec.maxDisorder().toMillis()).ledger, total);
        }
        for (LedgerLine line : LedgerLine.values()) {
            if (!Set.of(
                            "IMPRESSION_PENDING",
                            "FEEDBACK_PENDING",
                            "HISTORY_PENDING",
                            "FEEDBACK_WAITING",
                            "TASK_OPEN",
                            "TASK_MASKED_DAY_CAP",
                            "TASK_MASKED_TOO_LARGE",
                            "TASK_MASKED_BEFORE_TASK")
                    .contains(line.name())) {
                assertThat(total.count(line)).as(line.name()).isPositive();
            }
        }
    }

    private static void addUp(Ledger one, Ledger total) {
        for (LedgerLine line : LedgerLine.values()) {
            for (int task = 0; task < (line.isPerTask() ? one.tasks().size() : 1); task++) {
                total.add(line, 0, one.count(line, task));
            }
        }
    }

    private static void assertSame(long seed, CollectedOutput found, ReferenceJoin expected) {
        assertThat(found.examples).as("examples of seed %d", seed).isEqualTo(expected.examples);
        assertThat(found.orphans).as("orphans of seed %d", seed).isEqualTo(expected.orphans);
    }

    /** Plays a stream with the schedule of a seed, disordered up to {@code disorder}, and checks the ledger all the way. */
    private static CollectedOutput run(RandomStream stream, long scheduleSeed, long disorder) {
        SplittableRandom random = new SplittableRandom(~scheduleSeed);
        long bound = stream.spec.maxDisorder().toMillis();
        int restartOneIn = random.nextInt(1, 10);
        int watermarkOneIn = random.nextInt(1, 10);
        CollectedOutput out = new CollectedOutput(stream.spec);
        JoinCore core = new JoinCore(stream.spec, EXTRACTOR);
        UserState state = new UserState();
        long newest = Long.MIN_VALUE;
        long watermark = Long.MIN_VALUE;
        for (Event event : stream.arrival(disorder, random)) {
            core.accept(state, EncodedEvent.of(event), watermark, out);
            newest = Math.max(newest, event.eventTimeMillis());
            if (random.nextInt(watermarkOneIn) == 0) {
                long lag = random.nextBoolean() ? 0 : random.nextLong(50 * stream.step);
                watermark = Math.max(watermark, newest - bound - 1 - lag);
                if (random.nextInt(4) > 0) {
                    core.advance(state, watermark, out);
                    assertThat(state.nextDueMillis()).isGreaterThan(watermark);
                }
            }
            assertNothingIsDueBefore(state.nextDueMillis(), state, stream.spec);
            if (random.nextInt(restartOneIn) == 0) {
                UserState restored = UserState.decode(state.encode());
                assertThat(restored.encode()).isEqualTo(state.encode());
                assertThat(restored.nextDueMillis()).isEqualTo(state.nextDueMillis());
                state = restored;
                core = new JoinCore(stream.spec, EXTRACTOR);
            }
            assertAddsUp(out.ledger, state);
        }
        core.advance(state, Long.MAX_VALUE, out);
        assertAddsUp(out.ledger, state);
        assertThat(state.nextDueMillis()).isEqualTo(Long.MAX_VALUE);
        assertThat(state.openImpressions() + state.pendingEvents() + state.waiting.size())
                .isZero();
        return out;
    }

    private static void assertNothingIsDueBefore(long dueMillis, UserState state, JoinSpec spec) {
        for (int i = 0; i < state.pending.size(); i++) {
            assertThat(dueMillis)
                    .isLessThanOrEqualTo(state.pending.event(i, state.userId).eventTimeMillis());
        }
        state.waiting.forEach(feedback -> assertThat(dueMillis)
                .isLessThanOrEqualTo(
                        feedback.eventTimeMillis() + spec.feedbackWait().toMillis()));
        for (int row = 0; row < state.open.size(); row++) {
            OpenImpression open = state.open.get(row);
            assertThat(open.eventTimeMillis()).isEqualTo(state.open.eventTimeMillis(row));
            for (int task = 0; task < state.open.tasks(); task++) {
                if (open.status(task) == OpenImpression.OPEN) {
                    assertThat(dueMillis)
                            .isLessThanOrEqualTo(open.eventTimeMillis()
                                    + spec.tasks().get(task).horizonMillis());
                }
            }
        }
    }

    private static void assertAddsUp(Ledger ledger, UserState state) {
        assertThat(ledger.imbalances()).isEmpty();
        assertThat(ledger.count(LedgerLine.IMPRESSION_PENDING)
                        + ledger.count(LedgerLine.FEEDBACK_PENDING)
                        + ledger.count(LedgerLine.HISTORY_PENDING))
                .isEqualTo(state.pendingEvents());
        assertThat(ledger.count(LedgerLine.FEEDBACK_WAITING)).isEqualTo(state.waiting.size());
        for (int task = 0; task < ledger.tasks().size(); task++) {
            int index = task;
            assertThat(ledger.count(LedgerLine.TASK_OPEN, task))
                    .isEqualTo(IntStream.range(0, state.open.size())
                            .filter(row ->
                                    !OpenImpression.isDone(state.open.get(row).status(index)))
                            .count());
        }
    }
}
