package freshet.jobs.local;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.sim.SimulationOutput;
import freshet.jobs.sim.SimulationSettings;
import freshet.jobs.sim.Simulator;
import freshet.jobs.sim.Truth;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.wire.FeedbackCodec;
import freshet.serde.wire.ImpressionCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Plays the simulator against the wall clock, on a thread of its own, and writes what arrives to Kafka: event time runs so
 * many times faster than the clock on the wall. It waits when the jobs fall behind, so that a slow machine shows the same as
 * a fast one, only later.
 */
final class EventFeeder implements AutoCloseable {
    private static final long STEP_WALL_MILLIS = 50;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    /** Event time that the simulator may be ahead of the trainer's frontier; like and watch take half an hour to decide. */
    private static final long MAX_AHEAD_MILLIS = 45 * 60_000L;

    private final double speed;
    private final DemoServer server;
    private final DemoScore score;
    private final FreshetConfig config;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Simulator simulator;
    private final ImpressionCodec impressions = new ImpressionCodec();
    private final FeedbackCodec feedback = new FeedbackCodec();
    private final Thread thread = new Thread(this::play, "simulator");

    private final AtomicLong events = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile long nowMillis;
    private volatile long frontierMillis;
    private volatile boolean stopped;

    EventFeeder(FreshetConfig config, SimulationSettings settings, double speed, DemoServer server, DemoScore score) {
        this.config = config;
        this.speed = speed;
        this.server = server;
        this.score = score;
        this.nowMillis = settings.startMillis();
        this.frontierMillis = settings.startMillis();
        Properties properties = config.kafka().forProducers();
        properties.put("linger.ms", "20");
        this.producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        this.simulator = new Simulator(settings, server, new ToKafka());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** How far the trainer is, from any thread; event time. */
    void reportFrontier(long millis) {
        frontierMillis = Math.max(frontierMillis, millis);
    }

    /** The simulator's present, event time; from any thread. */
    long nowMillis() {
        return nowMillis;
    }

    /** Events that have arrived; from any thread. */
    long events() {
        return events.get();
    }

    /** What ended the simulator before its time, if anything; from any thread. */
    @Nullable
    Throwable failure() {
        return failure.get();
    }

    private void play() {
        try {
            long lastNanos = System.nanoTime();
            while (!stopped) {
                Thread.sleep(STEP_WALL_MILLIS);
                long nanos = System.nanoTime();
                long passed = (long) ((nanos - lastNanos) / 1e6 * speed);
                lastNanos = nanos;
                long next = Math.min(nowMillis + passed, frontierMillis + MAX_AHEAD_MILLIS);
                if (next > nowMillis) {
                    simulator.advance(next);
                    nowMillis = next;
                }
            }
        } catch (InterruptedException e) {
            stopped = true; // closing
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    /** Ends the thread; what it has collected may be read afterwards. */
    @Override
    public void close() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(CLOSE_TIMEOUT);
    }

    /** Called on the simulator's thread. */
    private final class ToKafka implements SimulationOutput {
        @Override
        public void arrives(Event event, long arrivalMillis) {
            server.observe(event);
            score.arrives(event);
            if (event instanceof Impression impression) {
                send(config.topics().impressions(), event, impressions.encode(impression));
            } else if (event instanceof Feedback what) {
                send(config.topics().feedback(), event, feedback.encode(what));
            }
            events.incrementAndGet();
        }

        private void send(String topic, Event event, byte[] value) {
            byte[] key = event.userId().getBytes(StandardCharsets.UTF_8);
            producer.send(new ProducerRecord<>(topic, key, value), (metadata, e) -> {
                if (e != null) {
                    failure.compareAndSet(null, e);
                }
            });
        }

        @Override
        public void truth(Truth truth) {
            score.truth(truth);
        }
    }
}
