package freshet.jobs.gate;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.local.EmbeddedKafka;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotRecords;
import freshet.serde.wire.ExampleCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topics that a gate reads, and what a trainer and an examples job write to them. */
public final class GateTopics {
    private GateTopics() {}

    /** Makes the topics; the configuration with the broker. */
    public static FreshetConfig create(EmbeddedKafka kafka, FreshetConfig of) {
        FreshetConfig config = of.withBootstrapServers(kafka.bootstrapServers());
        TopicPlan.of(config.topics()).forEach(plan -> kafka.createTopic(plan.name(), 1, plan.settings()));
        return config;
    }

    public static void publish(FreshetConfig config, List<Snapshot> snapshots) throws Exception {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (Snapshot snapshot : snapshots) {
            for (SnapshotRecord record : SnapshotRecords.of(snapshot)) {
                byte[] key = record.key().getBytes(StandardCharsets.UTF_8);
                records.add(new ProducerRecord<>(config.topics().snapshots(), 0, key, record.value()));
            }
        }
        send(config, records);
    }

    /** A hundred over two hours, and that there are no more. */
    public static void sendExamples(FreshetConfig config) throws Exception {
        ExampleCodec codec = new ExampleCodec(config.model().schema());
        String topic = config.topics().examples();
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        records.add(new ProducerRecord<>(topic, 0, null, new byte[] {1, 2, 3})); // what the trainer sets aside
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            long shown = GateSnapshots.FIRST + i * GateSnapshots.HOUR / 50;
            LabeledExample example =
                    GateSnapshots.example("i" + i, random.nextInt(GateSnapshots.USERS), shown, shown + 600_000, random);
            records.add(new ProducerRecord<>(topic, 0, null, codec.encode(example)));
        }
        records.add(new ProducerRecord<>(topic, 0, null, codec.encode(new Frontier(0, 1, 0, 7, 8, Frontier.END))));
        send(config, records);
    }

    private static void send(FreshetConfig config, List<ProducerRecord<byte[], byte[]>> records) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                config.kafka().forProducers(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (ProducerRecord<byte[], byte[]> record : records) {
                producer.send(record).get();
            }
        }
    }
}
