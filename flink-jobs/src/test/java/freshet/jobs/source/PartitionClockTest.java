package freshet.jobs.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionClockTest {
    private static final long MINUTE = 60_000;
    private static final long YEAR = 365L * 24 * 60 * MINUTE;
    private static final long MAX_FUTURE = 10 * MINUTE;

    private final PartitionClock<String> clock = new PartitionClock<>(MAX_FUTURE);
    private final List<String> inTime = new ArrayList<>();
    private final List<String> ahead = new ArrayList<>();

    private final PartitionClock.Verdicts<String> verdicts = new PartitionClock.Verdicts<>() {
        @Override
        public void inTime(String record) {
            inTime.add(record);
        }

        @Override
        public void ahead(String record, long timeMillis, long nowMillis) {
            ahead.add(record);
        }
    };

    private void accept(String record, String user, long millis) {
        clock.accept(millis, user, record, verdicts);
    }

    private void begin() {
        for (int i = 0; i < PartitionClock.FIRST_RECORDS; i++) {
            accept("begin" + i, "u" + i, i);
        }
        inTime.clear();
    }

    @Test
    void aRecordAYearAheadMovesNothing() {
        begin();
        accept("a", "bot", YEAR);
        assertThat(clock.nowMillis()).isEqualTo(2);
        accept("b", "u", MINUTE);

        assertThat(inTime).containsExactly("b");
        assertThat(ahead).containsExactly("a");
        assertThat(clock.nowMillis()).isEqualTo(MINUTE);
        assertThat(clock.held()).isZero();
    }

    @Test
    void notEvenAsTheFirstOfAll() {
        accept("a", "bot", YEAR);
        accept("b", "u", 0);
        accept("c", "w", 1);
        accept("d", "w", 2);

        assertThat(inTime).containsExactly("b", "c", "d");
        assertThat(ahead).containsExactly("a");
    }

    @Test
    void norAsTheLast() {
        begin();
        accept("a", "u", YEAR);
        accept("b", "w", YEAR);
        clock.end(verdicts);

        assertThat(ahead).containsExactly("a", "b");
        assertThat(clock.nowMillis()).isEqualTo(2);
    }

    @Test
    void afterANightTheStreamGoesOnWithoutLoss() {
        begin();
        long morning = 8 * 60 * MINUTE;
        accept("broken", "bot", YEAR);
        for (int i = 0; i < PartitionClock.VIEWERS; i++) {
            accept("m" + i, "u" + i, morning + i);
        }
        accept("next", "u", morning + MINUTE);

        assertThat(inTime).containsExactly("m0", "m1", "m2", "m3", "m4", "next");
        assertThat(ahead).containsExactly("broken");
    }

    /** Each further from the one before than a clock may be wrong: nothing tells it from a wrong clock but what follows. */
    @Test
    void aStreamOfFewEventsLosesAtMostItsEnd() {
        for (int day = 0; day < 20; day++) {
            accept("d" + day, "u" + day, day * 24 * 60 * MINUTE);
        }
        clock.end(verdicts);

        assertThat(inTime).hasSize(18).startsWith("d0", "d1", "d2");
        assertThat(ahead).containsExactly("d18", "d19");
    }

    @Test
    void oneViewerAloneMovesTimeOnlyWithManyRecordsAndNobodyElse() {
        begin();
        for (int i = 0; i < PartitionClock.MOST_HELD - 1; i++) {
            accept("bot", "bot", YEAR);
        }
        assertThat(clock.nowMillis()).isEqualTo(2);
        accept("bot", "bot", YEAR);
        assertThat(clock.nowMillis()).isEqualTo(YEAR);
        assertThat(inTime).hasSize(PartitionClock.MOST_HELD);
    }

    @Test
    void twoRecordsAreEnoughToEndOnWhereNothingElseIsKnown() {
        accept("a", "u", MINUTE);
        accept("b", "u", 0);
        clock.end(verdicts);

        assertThat(inTime).containsExactly("a", "b");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void ofAStreamWithWrongClocksExactlyThoseAreSetAside(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> right = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            long time = i * 1000L + (i >= 10_000 ? 9 * 60 * MINUTE : 0) - random.nextLong(MINUTE);
            boolean isWrong = i > 10 && random.nextInt(20) == 0;
            (isWrong ? wrong : right).add("r" + i);
            accept(
                    "r" + i,
                    "u" + random.nextInt(500),
                    isWrong ? time + 10 * 60 * MINUTE + random.nextLong(10 * YEAR) : time);
        }
        clock.end(verdicts);

        // Around the gap one right record may be judged by a wrong neighbour; never many.
        ahead.removeAll(wrong);
        assertThat(ahead).hasSizeLessThan(3);
        assertThat(inTime).hasSizeGreaterThan(right.size() - 3).doesNotContainAnyElementsOf(wrong.subList(0, 400));
        assertThat(clock.nowMillis()).isLessThan(20_000_000L + 9 * 60 * MINUTE + MAX_FUTURE);
    }
}
