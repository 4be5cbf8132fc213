package freshet.jobs.faults;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.wire.EventJson;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;

/**
 * Events that reach their topics while a deployment runs, at a steady pace on a thread of its own: first what is known of the
 * viewers, before {@link #start}; the rest up to where a script lets it come. Two viewers, one in each partition, act every minute of event
 * time and long after all others, so that time passes until everything is decided.
 */
final class ViewerFeed implements AutoCloseable {
    static final int PARTITIONS = 2;

    private static final long MINUTE = 60_000;
    private static final int MINUTES = 4 * 60 + 10;

    /** The time of the last event. */
    static final long END_MILLIS = ViewerEvents.START + (MINUTES - 1) * MINUTE;

    private static final int STEPS_PER_SECOND = 20;

    private final List<Event> events;
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private volatile int mayBeSent;
    private volatile boolean stopped;
    private Thread thread = new Thread();

    /**
     * @param events as {@link #arrival} makes them
     */
    ViewerFeed(List<Event> events) {
        this.events = events;
    }

    /** Events in the order of their arrival, drawn from a seed. */
    static List<Event> arrival(long seed, int users, int impressions) {
        List<Event> all = new ArrayList<>();
        int minute = 0;
        for (Event event : new ViewerEvents(seed, users, impressions).arrival(seed)) {
            while (!(event instanceof HistorySeed) && event.eventTimeMillis() >= ViewerEvents.START + minute * MINUTE) {
                addTicks(minute++, all);
            }
            all.add(event);
        }
        while (minute < MINUTES) {
            addTicks(minute++, all);
        }
        return all;
    }

    private static void addTicks(int minute, List<Event> all) {
        long time = ViewerEvents.START + minute * MINUTE;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            String id = "tick-" + minute + "-" + partition;
            String user = userOf(partition);
            all.add(Impression.builder(id, user, "v1", time).build());
            all.add(new Feedback("of-" + id, id, user, "v1", time, "click", 1));
        }
    }

    private static String userOf(int partition) {
        int number = 0;
        while (partition("ticker-" + number) != partition) {
            number++;
        }
        return "ticker-" + number;
    }

    private static int partition(String user) {
        return Utils.toPositive(Utils.murmur2(user.getBytes(StandardCharsets.UTF_8))) % PARTITIONS;
    }

    /** Writes events as the files of a replay. */
    static void write(List<Event> events, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (BufferedWriter impressions = Files.newBufferedWriter(folder.resolve("impressions.jsonl"));
                BufferedWriter feedback = Files.newBufferedWriter(folder.resolve("feedback.jsonl"));
                BufferedWriter history = Files.newBufferedWriter(folder.resolve("history.jsonl"))) {
            for (Event event : events) {
                BufferedWriter file =
                        event instanceof Impression ? impressions : event instanceof Feedback ? feedback : history;
                file.write(EventJson.toJson(event) + "\n");
            }
        }
    }

    /**
     * Sends what is known of the viewers, then begins with the rest; nothing of that before {@link #allow}.
     *
     * @param config whose events are JSON
     */
    void start(FreshetConfig config, int perSecond) {
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer());
        while (events.get(sent.get()) instanceof HistorySeed) {
            send(events.get(sent.getAndIncrement()), config, producer);
        }
        producer.flush();
        mayBeSent = sent.get();
        thread = new Thread(() -> play(config, producer, Math.max(1, perSecond / STEPS_PER_SECOND)), "viewers");
        thread.setDaemon(true);
        thread.start();
    }

    private void play(FreshetConfig config, KafkaProducer<byte[], byte[]> producer, int perStep) {
        try (producer) {
            while (!stopped && sent.get() < events.size()) {
                for (int end = Math.min(mayBeSent, sent.get() + perStep); sent.get() < end; sent.incrementAndGet()) {
                    send(events.get(sent.get()), config, producer);
                }
                Thread.sleep(1000 / STEPS_PER_SECOND); // the pace of the viewers
            }
            producer.flush();
        } catch (InterruptedException e) {
            stopped = true; // closing
        }
    }

    private void send(Event event, FreshetConfig config, KafkaProducer<byte[], byte[]> producer) {
        String topic = event instanceof Impression
                ? config.topics().impressions()
                : event instanceof Feedback
                        ? config.topics().feedback()
                        : config.topics().histories();
        int partition = event instanceof HistorySeed ? 0 : partition(event.userId());
        byte[] value = EventJson.toJson(event).getBytes(StandardCharsets.UTF_8);
        producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, problem) -> {
            if (problem != null) {
                failure.compareAndSet(null, problem);
            }
        });
    }

    /** Lets so much of them come, of 1. */
    void allow(double share) {
        mayBeSent = (int) Math.max(mayBeSent, share * events.size());
    }

    /** Lets no more come than have. */
    void hold() {
        mayBeSent = sent.get();
    }

    /** How much of them has been sent, of 1. */
    double sent() {
        if (failure.get() != null) {
            throw new AssertionError("sending events: " + failure.get(), failure.get());
        }
        return (double) sent.get() / events.size();
    }

    long impressions() {
        return events.stream().filter(Impression.class::isInstance).count();
    }

    long feedback() {
        return events.stream().filter(Feedback.class::isInstance).count();
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        thread.join();
    }
}
