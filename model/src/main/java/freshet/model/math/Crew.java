package freshet.model.math;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of threads that share out pieces of work: the caller's and, beyond one, threads of its own. Each has a share of
 * its own, consecutive pieces and the same ones time after time, so that what it wrote is still in its core's cache; whoever is done
 * early takes from the others. So which thread does which piece is left to chance, and pieces must not depend on each other nor
 * write to the same place; then results do not depend on the number of threads.
 *
 * <p>Threads spin for a moment when they have nothing to do, since the next work mostly follows at once, and then sleep. One
 * thread calls; work is not nested. Close it to end its threads.
 */
public final class Crew implements AutoCloseable {
    /**
     * How long a thread without work spins before it sleeps: longer than what the caller does alone within a step. To be woken
     * costs both threads some 50 µs, more on a virtual machine.
     */
    private static final long SPIN_NANOS = 300_000;

    /** Ints in two cache lines, which a processor fetches together: so that threads do not wait for each other's counters. */
    private static final int APART = 32;

    private static final int SPINS_BETWEEN_CLOCKS = 64;

    /**
     * The state of the current work in one number, so that it changes at once: its serial number in the upper half, then one bit
     * while threads may join it, then the number of those that did.
     */
    private static final int SERIAL_SHIFT = 32;

    private static final long OPEN = 1L << 31;
    private static final long JOINED = OPEN - 1;

    /** A piece of work. */
    @FunctionalInterface
    public interface Job {
        /**
         * @param piece from 0
         * @param kernel of the thread that runs it
         */
        void run(int piece, ProductKernel kernel);
    }

    private final Kernels kernels;
    private final ProductKernel ownKernel;
    private final Member[] members;
    private final AtomicLong state = new AtomicLong();
    /** {@code [thread * APART]}: the next of the pieces that are first of all this thread's. */
    private final AtomicIntegerArray nextPieces;

    private final AtomicInteger left = new AtomicInteger();

    // Written before the state says that work is open, read after.
    private Job job = (piece, kernel) -> {};
    private int pieces;

    private volatile @Nullable Throwable failure;
    private volatile boolean closed;

    /** @param threads at least 1: the caller's is one of them */
    public Crew(int threads, Kernels kernels) {
        this.kernels = kernels;
        ownKernel = kernels.product();
        members = new Member[threads - 1];
        Arrays.setAll(members, i -> new Member(i + 1, kernels.product()));
        nextPieces = new AtomicIntegerArray(threads * APART);
        for (int i = 0; i < members.length; i++) {
            members[i].setName("freshet-learner-" + (i + 1));
            members[i].setDaemon(true);
            members[i].start();
        }
    }

    /** The caller's thread alone, with the best kernels. */
    public static Crew alone() {
        return new Crew(1, Kernels.best());
    }

    /** Number of threads, the caller's included. */
    public int threads() {
        return members.length + 1;
    }

    /** Loops that have no scratch memory, for any thread. */
    public ElementKernel elements() {
        return kernels.elements();
    }

    /** Runs the pieces from 0 up to {@code pieces} on all threads, and returns when all are done. */
    public void run(int pieces, Job job) {
        if (members.length == 0 || pieces <= 1) {
            runAlone(pieces, job);
            return;
        }
        this.job = job;
        this.pieces = pieces;
        for (int thread = 0; thread < threads(); thread++) {
            nextPieces.set(thread * APART, firstPiece(thread));
        }
        left.set(0);
        long serial = (state.get() >>> SERIAL_SHIFT) + 1;
        state.set(serial << SERIAL_SHIFT | OPEN);
        for (Member member : members) {
            member.wake();
        }
        work(0, ownKernel);
        // Whoever has not come yet is not waited for: nothing is left to do.
        long joined = state.getAndUpdate(s -> s & ~OPEN) & JOINED;
        while (left.get() < joined) {
            Thread.onSpinWait();
        }
        Throwable found = failure;
        if (found != null) {
            failure = null;
            throw new IllegalStateException("a piece of work failed: " + found, found);
        }
    }

    /** Runs the pieces on the caller's thread alone, in order. */
    public void runAlone(int pieces, Job job) {
        for (int piece = 0; piece < pieces; piece++) {
            job.run(piece, ownKernel);
        }
    }

    /** First the thread's own share, then what is left of those of the others. */
    private void work(int thread, ProductKernel kernel) {
        try {
            for (int i = 0; i < threads(); i++) {
                int whose = (thread + i) % threads();
                int end = firstPiece(whose + 1);
                int at = whose * APART;
                while (nextPieces.get(at) < end) {
                    int piece = nextPieces.getAndIncrement(at);
                    if (piece < end) {
                        job.run(piece, kernel);
                    }
                }
            }
        } catch (RuntimeException | Error e) {
            failure = e;
        }
    }

    private int firstPiece(int thread) {
        return (int) ((long) pieces * thread / threads());
    }

    /** Ends the threads; afterwards nothing can be run. */
    @Override
    public void close() {
        closed = true;
        for (Member member : members) {
            LockSupport.unpark(member);
        }
        boolean interrupted = false;
        for (Member member : members) {
            while (member.isAlive()) {
                try {
                    member.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** A thread of its own. */
    private final class Member extends Thread {
        private final int thread;
        private final ProductKernel kernel;
        private volatile boolean asleep;

        Member(int thread, ProductKernel kernel) {
            this.thread = thread;
            this.kernel = kernel;
        }

        void wake() {
            if (asleep) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            long done = 0;
            while (!closed) {
                long seen = state.get();
                long serial = seen >>> SERIAL_SHIFT;
                if (serial == done || (seen & OPEN) == 0) {
                    await(seen);
                } else if (state.compareAndSet(seen, seen + 1)) {
                    done = serial;
                    work(thread, kernel);
                    left.incrementAndGet();
                }
            }
        }

        private void await(long seen) {
            long end = System.nanoTime() + SPIN_NANOS;
            while (System.nanoTime() - end < 0) {
                for (int spin = 0; spin < SPINS_BETWEEN_CLOCKS; spin++) {
                    if (state.get() != seen || closed) {
                        return;
                    }
                    Thread.onSpinWait();
                }
            }
            asleep = true;
            while (state.get() == seen && !closed) {
                LockSupport.park(this);
            }
            asleep = false;
        }
    }
}
