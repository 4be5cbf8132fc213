package freshet.jobs.gate;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import freshet.jobs.publish.RegistryTopic;
import freshet.jobs.publish.RegistryWriter;
import freshet.serde.snapshot.SnapshotRecord;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registry topic of a deployment. Connecting shuts out the gate of the same deployment that was connected before. */
final class KafkaGateRegistry implements GateRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaGateRegistry.class);

    /** A commit is visible when its marker has been written, which is a moment after it has been acknowledged. */
    private static final int ATTEMPTS = 100;

    private final RegistryTopic topic;
    private final RegistryWriter writer;
    /** Where the topic ends at least, since we have written to there. */
    private long endsBehind = -1;

    KafkaGateRegistry(FreshetConfig config) {
        topic = new RegistryTopic(config.kafka(), config.topics().modelRegistry());
        writer = new RegistryWriter(
                config.kafka(), config.topics().modelRegistry(), JobTopics.gateTransactionalId(config));
    }

    @Override
    public Reading read() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            RegistryTopic.Reading reading = topic.readWithEnd(LOG::warn);
            if (reading.endOffset() > endsBehind) {
                return new Reading(reading.registry(), reading.endOffset());
            }
        }
        throw new IllegalStateException(
                "reading the registry: what this gate has written to it does not appear; are the brokers well?");
    }

    @Override
    public boolean write(List<SnapshotRecord> records, Reading since) {
        boolean written = writer.write(records, since.through());
        if (written) {
            endsBehind = since.through() + records.size() - 1;
        }
        return written;
    }

    @Override
    public void close() {
        writer.close();
    }
}
