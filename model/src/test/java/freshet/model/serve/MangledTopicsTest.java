package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A registry, snapshots and deltas, all of whose records may be lost, doubled, torn, altered or out of order, with a second
 * trainer that has been replaced. What serves is at all times a model of the trainer as of some delta, to the last prediction,
 * and one that the registry has named, in the order in which it did.
 */
class MangledTopicsTest {
    private static final int HOURS = 4;
    private static final SmallTrainer TRAINER = new SmallTrainer(HOURS, 2, SmallTrainer.SIGNER);
    private static final SmallTrainer REPLACED = new SmallTrainer(HOURS, 1, SmallTrainer.SIGNER);
    private static final SubscriberOptions OPTIONS =
            SubscriberOptions.following(Follow.CURRENT).with(Deltas.APPLIED).trusting(SmallTrainer.TRUSTED);

    static LongStream seeds() {
        return LongStream.range(0, 60);
    }

    private record Sent(FeedTopic topic, SnapshotRecord record) {}

    private static List<Sent> mangled(Random random, FeedTopic topic, List<SnapshotRecord> records) {
        List<Sent> sent = new ArrayList<>();
        for (SnapshotRecord record : records) {
            switch (random.nextInt(9)) {
                case 0 -> {} // lost
                case 1 -> sent.addAll(List.of(new Sent(topic, record), new Sent(topic, record)));
                case 2 -> sent.add(new Sent(topic, torn(random, record)));
                case 3 -> sent.add(new Sent(topic, flipped(random, record)));
                default -> sent.add(new Sent(topic, record));
            }
        }
        if (random.nextInt(3) == 0) {
            Collections.shuffle(sent, random);
        }
        return sent;
    }

    private static SnapshotRecord torn(Random random, SnapshotRecord record) {
        return new SnapshotRecord(record.key(), Arrays.copyOf(record.value(), random.nextInt(record.value().length)));
    }

    private static SnapshotRecord flipped(Random random, SnapshotRecord record) {
        byte[] flipped = record.value().clone();
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        return new SnapshotRecord(record.key(), flipped);
    }

    /** What a registry that has read the same records names: slow and obvious. */
    private static final class Reference {
        private Registry registry = Registry.EMPTY;
        final Set<SnapshotVersion> named = new HashSet<>();
        Optional<RegistryEntry> now = Optional.empty();

        void read(SnapshotRecord record, long offset) {
            try {
                registry = registry.with(record, offset);
            } catch (BadSnapshotException passedOver) {
                return;
            }
            now = registry.current()
                    .flatMap(registry::entry)
                    .filter(entry -> !entry.state().isBad());
            now.ifPresent(entry -> named.add(entry.version()));
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatServesIsGoodAndWasNamed(long seed) throws Exception {
        Random random = new Random(seed);
        try (SmallServer server = new SmallServer(OPTIONS)) {
            List<Sent> topics = new ArrayList<>();
            for (int hour = 0; hour < HOURS; hour++) {
                topics.addAll(mangled(random, FeedTopic.SNAPSHOTS, REPLACED.snapshotRecords(hour)));
                topics.addAll(mangled(random, FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(hour)));
                SnapshotManifest manifest = TRAINER.snapshot(hour).manifest();
                topics.addAll(mangled(
                        random,
                        FeedTopic.REGISTRY,
                        server.records((registry, cause) -> registry.promote(manifest, cause))));
                for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
                    topics.addAll(mangled(random, FeedTopic.DELTAS, TRAINER.deltaRecords(hour, quarter)));
                }
                if (hour > 0 && random.nextInt(3) == 0) {
                    topics.addAll(mangled(
                            random, FeedTopic.REGISTRY, server.records((registry, cause) -> registry.rollback(cause))));
                }
            }
            Reference reference = new Reference();
            long offset = 0;
            for (Sent sent : topics) {
                if (sent.topic() == FeedTopic.REGISTRY) {
                    reference.read(sent.record(), offset++);
                }
                server.read(sent.topic(), List.of(sent.record()));
                assertServesWhatWasNamed(server, reference);
            }
            // Whatever has happened: once it is sent again and named, it serves.
            server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(HOURS - 1));
            server.read(
                    FeedTopic.REGISTRY,
                    Registry.EMPTY
                            .promote(TRAINER.snapshot(HOURS - 1).manifest(), new Registry.Cause("test", ""))
                            .records());
            server.readSnapshots(TRAINER.snapshot(HOURS - 1));
            assertThat(server.live.manifest().orElseThrow().version()).isEqualTo(SmallTrainer.version(HOURS - 1));
        }
    }

    private static void assertServesWhatWasNamed(SmallServer server, Reference reference) {
        if (server.live.manifest().isEmpty()) {
            return;
        }
        SnapshotManifest manifest = server.live.manifest().orElseThrow();
        assertThat(reference.named).contains(manifest.version());
        int hour = (int)
                ((manifest.version().eventTimeMillis() - SmallTrainer.version(0).eventTimeMillis())
                        / (SmallTrainer.version(1).eventTimeMillis()
                                - SmallTrainer.version(0).eventTimeMillis()));
        long behind =
                server.live.asOfMillis().orElseThrow() - manifest.version().eventTimeMillis();
        server.assertServes(
                TRAINER, hour, (int) (behind / (SmallTrainer.asOfMillis(0, 1) - SmallTrainer.asOfMillis(0, 0))));
        // Bad or older than what is named: only while what is named cannot be had.
        reference.now.ifPresent(named -> {
            if (!named.version().equals(manifest.version())) {
                assertThat(server.subscriber.lastRefusal()).isPresent();
            }
        });
    }
}
