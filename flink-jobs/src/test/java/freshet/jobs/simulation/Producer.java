package freshet.jobs.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A producer of one partition, as Flink's sink has it at least once: records reach the topic later, in order; all of them before a
 * checkpoint; when the process is killed, some of them.
 *
 * @param <R> a record
 */
final class Producer<R> {
    private final Deque<R> buffered = new ArrayDeque<>();
    private final String what;
    private final Consumer<R> topic;

    Producer(String what, Consumer<R> topic) {
        this.what = what;
        this.topic = topic;
    }

    void send(R record) {
        buffered.add(record);
    }

    /** One record reaches the topic. */
    Optional<String> step() {
        if (buffered.isEmpty()) {
            return Optional.empty();
        }
        topic.accept(buffered.remove());
        return Optional.of("a record reaches " + what);
    }

    void flush() {
        while (!buffered.isEmpty()) {
            topic.accept(buffered.remove());
        }
    }

    /** The process dies: what was on its way may arrive. */
    void die(Draw draw) {
        for (int arriving = draw.below(buffered.size() + 1); arriving > 0; arriving--) {
            topic.accept(buffered.remove());
        }
        buffered.clear();
    }
}
