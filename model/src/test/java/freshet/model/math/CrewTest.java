package freshet.model.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CrewTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void everyPieceIsDoneOnceAndBeforeRunReturns(int threads) {
        try (Crew crew = new Crew(threads, Kernels.PLAIN)) {
            for (int round = 0; round < 2000; round++) {
                int pieces = round % 9;
                AtomicIntegerArray done = new AtomicIntegerArray(pieces + 1);
                crew.run(pieces, (piece, kernel) -> done.incrementAndGet(piece));
                for (int piece = 0; piece < pieces; piece++) {
                    assertThat(done.get(piece)).isEqualTo(1);
                }
                if (round % 200 == 0) {
                    LockSupport.parkNanos(
                            TimeUnit.MILLISECONDS.toNanos(1)); // long enough for the others to fall asleep
                }
            }
        }
    }

    @Test
    void piecesRunOnAllThreadsAtOnceEachWithAKernelOfItsOwn() {
        try (Crew crew = new Crew(3, Kernels.PLAIN)) {
            CyclicBarrier together = new CyclicBarrier(3);
            Set<ProductKernel> kernels = ConcurrentHashMap.newKeySet();
            crew.run(3, (piece, kernel) -> {
                kernels.add(kernel);
                try {
                    together.await();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(kernels).hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aPieceThatFailsFailsTheRunAndNotTheNext(int threads) {
        try (Crew crew = new Crew(threads, Kernels.PLAIN)) {
            for (int failing = 0; failing < 5; failing++) {
                int bad = failing;
                assertThatThrownBy(() -> crew.run(5, (piece, kernel) -> {
                            if (piece == bad) {
                                throw new IllegalArgumentException("piece " + piece);
                            }
                        }))
                        .hasStackTraceContaining("piece " + bad);
                AtomicIntegerArray done = new AtomicIntegerArray(5);
                crew.run(5, (piece, kernel) -> done.incrementAndGet(piece));
                assertThat(done).hasToString("[1, 1, 1, 1, 1]");
            }
        }
    }

    @Test
    void closeEndsTheThreads() {
        Crew crew = new Crew(3, Kernels.PLAIN);
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        CyclicBarrier together = new CyclicBarrier(3);
        crew.run(3, (piece, kernel) -> {
            seen.add(Thread.currentThread());
            try {
                together.await();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        crew.close();
        seen.remove(Thread.currentThread());
        assertThat(seen).hasSize(2).noneMatch(Thread::isAlive);
    }
}
