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
        if (reading.found.isEmpty()) {
            throw new BadSnapshotException("reading snapshot " + version + " from topic " + topic + ": "
                    + (reading.problem.isEmpty()
                            ? "it is not there; retention may have removed it. See freshet snapshot ls"
                            : reading.problem));
        }
        return reading.found.get();
    }

    private final class Reading {
        private final SnapshotVersion version;
        private final SnapshotAssembler assembler = new SnapshotAssembler(Long.MAX_VALUE, trusted);
        private Optional<Snapshot> found = Optional.empty();
        private String problem = "";

        Reading(SnapshotVersion version) {
            this.version = version;
        }

        void accept(SnapshotRecord record) {
            if (record.key().startsWith(version + "/")) {
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
        FirstPartition.forEach(
                kafka,
                topic,
                record -> each.accept(
                        new SnapshotRecord(new String(record.key(), StandardCharsets.UTF_8), record.value())));
    }
}
