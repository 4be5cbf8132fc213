package freshet.jobs.publish;

import freshet.jobs.config.KafkaConfig;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotAssembler;
import freshet.serde.snapshot.SnapshotAssembly;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.snapshot.TrustedKeys;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The snapshot topic as it lies there now, for commands: which versions it has, and any one of them whole. Each call reads the
 * topic from its beginning with a connection of its own; safe on any thread.
 */
public final class SnapshotTopic {
    private final KafkaConfig kafka;
    private final String topic;
    private final TrustedKeys trusted;

    /**
     * @param trusted whose signatures count for {@link #read}
     */
    public SnapshotTopic(KafkaConfig kafka, String topic, TrustedKeys trusted) {
        this.kafka = kafka;
        this.topic = topic;
        this.trusted = trusted;
    }

    /**
     * The manifests of every version, oldest first; of several under one version that of the largest generation.
     *
     * @param problems told of manifests that cannot be read
     */
    public SortedMap<SnapshotVersion, SnapshotManifest> manifests(Consumer<String> problems) {
        SortedMap<SnapshotVersion, SnapshotManifest> manifests = new TreeMap<>();
        forEach(record -> {
            if (record.key().endsWith("/manifest")) {
                try {
                    SnapshotManifest manifest = SnapshotManifest.parse(record.value());
                    manifests.merge(
                            manifest.version(),
                            manifest,
                            (old, other) -> other.generation() >= old.generation() ? other : old);
                } catch (BadSnapshotException e) {
                    problems.accept(record.key() + ": " + e.getMessage());
                }
            }
        });
        return manifests;
    }

    /**
     * One version, verified, with a good signature if keys were given.
     *
     * @throws BadSnapshotException when the topic does not hold it whole; the message says what is wrong with what it holds
     */
    public Snapshot read(SnapshotVersion version) throws BadSnapshotException {
        Reading reading = new Reading(version);
        forEach(reading::accept);
        return reading.result();
    }

    /**
     * A snapshot where it lies.
     *
     * @param offset of the first record under its version
     */
    public record Placed(Snapshot snapshot, long offset) {}

    /** As {@link #read}, with its place: who knows that need not read the topic from its beginning. */
    public Placed locate(SnapshotVersion version) throws BadSnapshotException {
        long[] offset = {-1};
        Reading reading = new Reading(version);
        FirstPartition.forEach(kafka, topic, record -> {
            SnapshotRecord of = recordOf(record);
            if (offset[0] < 0 && reading.isOfIt(of)) {
                offset[0] = record.offset();
            }
            reading.accept(of);
        });
        return new Placed(reading.result(), offset[0]);
    }

    /**
     * One version with one content, verified as by {@link #read}.
     *
     * @param fromOffset its first record is not before this one
     * @param sha256 of the content
     * @throws BadSnapshotException when the topic does not hold it whole from there on
     */
    public Snapshot read(SnapshotVersion version, long fromOffset, String sha256) throws BadSnapshotException {
        Reading reading = new Reading(version);
        FirstPartition.forEach(kafka, topic, fromOffset, record -> {
            reading.accept(recordOf(record));
            return !reading.holds(sha256);
        });
        Snapshot snapshot = reading.result();
        if (!snapshot.manifest().sha256().equals(sha256)) {
            throw new BadSnapshotException("reading snapshot " + version + " from topic " + topic
                    + ": found the content " + snapshot.manifest().sha256() + ", expected " + sha256);
        }
        return snapshot;
    }

    private final class Reading {
        private final SnapshotVersion version;
        private final SnapshotAssembler assembler = new SnapshotAssembler(Long.MAX_VALUE, trusted);
        private Optional<Snapshot> found = Optional.empty();
        private String problem = "";

        Reading(SnapshotVersion version) {
            this.version = version;
        }

        boolean isOfIt(SnapshotRecord record) {
            return record.key().startsWith(version + "/");
        }

        boolean holds(String sha256) {
            return found.isPresent() && found.get().manifest().sha256().equals(sha256);
        }

        Snapshot result() throws BadSnapshotException {
            if (found.isEmpty()) {
                throw new BadSnapshotException("reading snapshot " + version + " from topic " + topic + ": "
                        + (problem.isEmpty()
                                ? "it is not there; retention may have removed it. See freshet snapshot ls"
                                : problem));
            }
            return found.get();
        }

        void accept(SnapshotRecord record) {
            if (isOfIt(record)) {
                SnapshotAssembly assembly = assembler.accept(record);
                if (assembly instanceof SnapshotAssembly.Complete whole) {
                    found = Optional.of(whole.snapshot());
                } else if (assembly instanceof SnapshotAssembly.Rejected rejected) {
                    problem = rejected.detail();
                }
            }
        }
    }

    private void forEach(Consumer<SnapshotRecord> each) {
        FirstPartition.forEach(kafka, topic, record -> each.accept(recordOf(record)));
    }

    private static SnapshotRecord recordOf(ConsumerRecord<byte[], byte[]> record) {
        return new SnapshotRecord(new String(record.key(), StandardCharsets.UTF_8), record.value());
    }
}
