package freshet.jobs.faults;

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
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Simulated viewers who write to a broker as fast as the jobs can take it: event time goes on as long as it is not too far ahead
 * of the trainer's frontier, and a little when that stands still. A thread of its own.
 */
final class PacedViewers implements AutoCloseable {
    private static final long STEP_MILLIS = 5_000;
    /** Of event time: some hundred thousand events, so that neither buffers nor topics fill. */
    private static final long MAX_AHEAD_MILLIS = 6 * 60_000L;
    /**
     * Life goes on, if slowly, for those who wait, too: a source that is restored finds the time of a partition anew from its next record, and
     * where all had been read nobody would come any more.
     */
    private static final long LONGEST_WAIT_MILLIS = 2_000;

    private final FreshetConfig config;
    private final Simulator simulator;
    private final KafkaProducer<byte[], byte[]> producer;
    private final ImpressionCodec impressionCodec = new ImpressionCodec();
    private final FeedbackCodec feedbackCodec = new FeedbackCodec();
    private final AtomicLong impressions = new AtomicLong();
    private final AtomicLong feedback = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread thread = new Thread(this::play, "paced-viewers");
    private volatile long nowMillis;
    private volatile long frontierMillis;
    private volatile boolean stopped;

    PacedViewers(FreshetConfig config, SimulationSettings settings) {
        this.config = config;
        nowMillis = settings.startMillis();
        frontierMillis = settings.startMillis();
        Properties properties = config.kafka().forProducers();
        properties.put("linger.ms", "20");
        producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        simulator = new Simulator(settings, candidates -> null, new ToKafka());
        thread.start();
    }

    /** How far the trainer is; from any thread. */
    void reportFrontier(long millis) {
        frontierMillis = Math.max(frontierMillis, millis);
    }

    long impressions() {
        return impressions.get();
    }

    long feedback() {
        return feedback.get();
    }

    /** Event time by which the trainer is behind. */
    long aheadMillis() {
        return nowMillis - frontierMillis;
    }

    @Nullable
    Throwable failure() {
        return failure.get();
    }

    private void play() {
        try {
            long steppedNanos = System.nanoTime();
            while (!stopped && failure.get() == null) {
                boolean isWaitOver = System.nanoTime() - steppedNanos > LONGEST_WAIT_MILLIS * 1_000_000;
                if (nowMillis < frontierMillis + MAX_AHEAD_MILLIS || isWaitOver) {
                    nowMillis += STEP_MILLIS;
                    simulator.advance(nowMillis);
                    steppedNanos = System.nanoTime();
                } else {
                    Thread.sleep(10);
                }
            }
        } catch (InterruptedException e) {
            stopped = true;
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    /** On the thread of the viewers. */
    private final class ToKafka implements SimulationOutput {
        @Override
        public void arrives(Event event, long arrivalMillis) {
            if (event instanceof Impression impression) {
                impressions.incrementAndGet();
                send(config.topics().impressions(), event, impressionCodec.encode(impression));
            } else if (event instanceof Feedback what) {
                feedback.incrementAndGet();
                send(config.topics().feedback(), event, feedbackCodec.encode(what));
            }
        }

        @Override
        public void truth(Truth truth) {}

        private void send(String topic, Event event, byte[] value) {
            byte[] key = event.userId().getBytes(StandardCharsets.UTF_8);
            producer.send(new ProducerRecord<>(topic, key, value), (sent, problem) -> {
                if (problem != null) {
                    failure.compareAndSet(null, problem);
                }
            });
        }
    }

    /** Ends them; what they have sent is on the broker then. */
    void finish() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close();
    }

    @Override
    public void close() {
        finish();
    }
}
