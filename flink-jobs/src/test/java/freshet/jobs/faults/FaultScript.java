package freshet.jobs.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;

/**
 * What is done to a deployment, step by step, at moments that are drawn from a seed. The whole script is printed before it
 * is played, and stands in the message when anything fails.
 */
final class FaultScript {
    /** What every script draws from, unless {@code -Dfreshet.faults.seed} says otherwise. */
    static final long SEED = Long.getLong("freshet.faults.seed", 20_261_122);

    private final String name;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<Step> steps = new ArrayList<>();

    FaultScript(String name) {
        this.name = name;
    }

    /** Something done. */
    interface Action {
        void run() throws Exception;
    }

    private record Step(String what, Action action) {}

    /** Adds a step. */
    FaultScript then(String what, Action action) {
        steps.add(new Step(what, action));
        return this;
    }

    /** So many moments between two shares of a stream, in their order. */
    List<Double> moments(int count, double from, double to) {
        return DoubleStream.generate(() -> random.nextDouble(from, to))
                .limit(count)
                .sorted()
                .boxed()
                .toList();
    }

    /** A number, both bounds among them. */
    int number(int from, int to) {
        return random.nextInt(from, to + 1);
    }

    /**
     * Plays it.
     *
     * @param logs where to look when something fails
     */
    void play(Object logs) throws InterruptedException {
        System.out.println(this);
        for (Step step : steps) {
            long startNanos = System.nanoTime();
            try {
                step.action.run();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "at '" + step.what + "': " + e.getMessage() + "\n" + this + "\nlogs: " + logs, e);
            }
            System.out.printf(Locale.ROOT, "  %s: done, %.1f s%n", step.what, (System.nanoTime() - startNanos) / 1e9);
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(name + ", seed " + SEED + " (-Dfreshet.faults.seed)");
        steps.forEach(step -> text.append("\n    ").append(step.what));
        return text.toString();
    }
}
