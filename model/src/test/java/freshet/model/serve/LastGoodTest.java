package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Registry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that starts while nobody answers serves what it served last. */
class LastGoodTest {
    private static final SmallTrainer TRAINER = new SmallTrainer(4, 1, ManifestSigner.unsigned());

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private SubscriberOptions options(Follow follow) {
        return SubscriberOptions.following(follow).keepingLastGood(folder);
    }

    private List<String> kept() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatServedIsLoadedBeforeAnyTopicAnswers() throws Exception {
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            for (int hour = 0; hour < 4; hour++) {
                server.readSnapshots(TRAINER.snapshot(hour));
            }
        }
        assertThat(kept())
                .as("what serves, and what did before")
                .containsExactly("20220425T18Z", "20220425T19Z", "serving");
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            server.assertServes(TRAINER, 3, 0);
            server.assertCounts(SnapshotSubscriber.LAST_GOOD_LOADED, 1);
            server.readSnapshots(TRAINER.snapshot(2));
            server.assertServes(TRAINER, 3, 0);
        }
    }

    @Test
    void withDeltasItIsTheSnapshotAndTheDeltasAreReadAgain() {
        try (SmallServer server = new SmallServer(options(Follow.NEWEST).with(Deltas.APPLIED))) {
            server.readSnapshots(TRAINER.snapshot(0));
            server.read(FeedTopic.DELTAS, TRAINER.deltaRecords(0, 1));
            server.assertServes(TRAINER, 0, 1);
        }
        try (SmallServer server = new SmallServer(options(Follow.NEWEST).with(Deltas.APPLIED))) {
            server.feed.add(FeedTopic.DELTAS, TRAINER.deltaRecords(0, 1));
            server.read();
            server.assertServes(TRAINER, 0, 1);
        }
    }

    @Test
    void afterARollbackItIsTheOlderOne() throws Exception {
        try (SmallServer server = new SmallServer(options(Follow.CURRENT))) {
            server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(0));
            server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(1));
            server.promote(TRAINER.snapshot(0));
            server.promote(TRAINER.snapshot(1));
            server.decide(Registry::rollback);
            server.assertServes(TRAINER, 0, 0);
        }
        try (SmallServer server = new SmallServer(options(Follow.CURRENT))) {
            server.assertServes(TRAINER, 0, 0);
        }
    }

    @Test
    void theRegistryHasTheLastWord() throws Exception {
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            server.readSnapshots(TRAINER.snapshot(2));
        }
        try (SmallServer server = new SmallServer(options(Follow.CURRENT))) {
            server.assertServes(TRAINER, 2, 0);
            server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(1));
            server.promote(TRAINER.snapshot(1));
            server.assertServes(TRAINER, 1, 0);
        }
    }

    @Test
    void aCorruptOneIsRefusedAndReplacedByAGoodOne() throws Exception {
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            server.readSnapshots(TRAINER.snapshot(1));
        }
        Path network = folder.resolve("20220425T17Z/network.onnx");
        byte[] bytes = Files.readAllBytes(network);
        bytes[bytes.length / 2] ^= 1;
        Files.write(network, bytes);
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            assertThat(server.live.manifest()).isEmpty();
            server.assertRefused(SnapshotSubscriber.LAST_GOOD_REFUSED, "network.onnx", "expected");
            server.readSnapshots(TRAINER.snapshot(1));
        }
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            server.assertServes(TRAINER, 1, 0);
        }
    }

    @Test
    void oneThatNobodyTrustedHasSignedIsRefused() {
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            server.readSnapshots(TRAINER.snapshot(1));
        }
        try (SmallServer server = new SmallServer(options(Follow.NEWEST).trusting(SmallTrainer.TRUSTED))) {
            assertThat(server.live.manifest()).isEmpty();
            server.assertRefused(SnapshotSubscriber.LAST_GOOD_REFUSED, "not signed");
        }
    }

    @Test
    void aNameWithoutItsSnapshotIsRefused() throws Exception {
        Files.writeString(folder.resolve("serving"), "20220425T17Z\n");
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            server.assertRefused(SnapshotSubscriber.LAST_GOOD_REFUSED, "names 20220425T17Z");
        }
        Files.writeString(folder.resolve("serving"), "../../etc\n");
        try (SmallServer server = new SmallServer(options(Follow.NEWEST))) {
            server.assertRefused(SnapshotSubscriber.LAST_GOOD_REFUSED, "expected an hour in UTC");
        }
    }

    @Test
    void aDiskThatTakesNothingDoesNotKeepASnapshotFromServing() throws Exception {
        Path file = folder.resolve("file");
        Files.writeString(file, "no folder");
        try (SmallServer server =
                new SmallServer(SubscriberOptions.following(Follow.NEWEST).keepingLastGood(file.resolve("below")))) {
            server.readSnapshots(TRAINER.snapshot(0));
            server.assertServes(TRAINER, 0, 0);
            server.assertRefused(SnapshotSubscriber.LAST_GOOD_NOT_WRITTEN, "20220425T16Z serves");
        }
    }
}
