package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.serve.SubscriberOptions.Follow;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What serves is what the registry names. */
class FollowRegistryTest {
    private static final SmallTrainer TRAINER = new SmallTrainer(4, 1, ManifestSigner.unsigned());
    private static final SmallTrainer SECOND = new SmallTrainer(4, 2, ManifestSigner.unsigned());

    private SmallServer server = new SmallServer(SubscriberOptions.following(Follow.CURRENT));

    @AfterEach
    void close() {
        server.close();
    }

    private void publish(int... hours) {
        for (int hour : hours) {
            server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(hour));
        }
    }

    @Test
    void servesWhatIsCurrentAndNothingThatIsMerelyThere() throws Exception {
        publish(0, 1, 2);
        server.read(FeedTopic.REGISTRY, List.of(Registry.claim("trainer")));
        assertThat(server.live.manifest()).isEmpty();
        server.promote(TRAINER.snapshot(1));
        server.assertServes(TRAINER, 1, 0);
        publish(3);
        server.decide((registry, cause) -> registry.known(TRAINER.snapshot(3).manifest(), cause));
        server.assertServes(TRAINER, 1, 0);
        server.promote(TRAINER.snapshot(3));
        server.assertServes(TRAINER, 3, 0);
        assertThat(server.loaded).containsExactly(SmallTrainer.version(1), SmallTrainer.version(3));
        assertThat(server.subscriber.lastRefusal()).isEmpty();
    }

    @Test
    void goesBackBecauseTheRegistrySaysSo() throws Exception {
        publish(0, 1, 2);
        server.promote(TRAINER.snapshot(0));
        server.promote(TRAINER.snapshot(1));
        server.promote(TRAINER.snapshot(2));
        server.decide(Registry::rollback);
        server.assertServes(TRAINER, 1, 0);
        server.assertCounts(SnapshotSubscriber.WENT_BACK, 1);
        server.decide(Registry::rollback);
        server.assertServes(TRAINER, 0, 0);
        server.assertCounts(SnapshotSubscriber.LOADED, 4);
    }

    @Test
    void leavesAVersionThatIsWithdrawn() throws Exception {
        publish(0, 1);
        server.promote(TRAINER.snapshot(0));
        server.promote(TRAINER.snapshot(1));
        server.decide((registry, cause) -> registry.withdraw(TRAINER.snapshot(1).manifest(), cause));
        server.assertServes(TRAINER, 0, 0);
        server.decide((registry, cause) -> registry.withdraw(TRAINER.snapshot(0).manifest(), cause));
        assertThat(server.registry().current()).isEmpty();
        server.assertServes(TRAINER, 0, 0);
    }

    /** It was named while not all of it was there; the rest comes when it is named no more. */
    @Test
    void aVersionThatIsWithdrawnWhileItIsFetchedIsNotLoaded() throws Exception {
        List<SnapshotRecord> records = TRAINER.snapshotRecords(0);
        int last = records.size() - 1;
        server.feed.add(FeedTopic.SNAPSHOTS, records.subList(0, last));
        server.promote(TRAINER.snapshot(0));
        server.decide((registry, cause) -> registry.withdraw(TRAINER.snapshot(0).manifest(), cause));
        server.read(FeedTopic.SNAPSHOTS, records.subList(0, last));
        server.read(FeedTopic.SNAPSHOTS, records.subList(last, last + 1));
        assertThat(server.live.manifest()).isEmpty();
        publish(1);
        server.promote(TRAINER.snapshot(1));
        server.assertServes(TRAINER, 1, 0);
    }

    @Test
    void servesTheCanaryWhileThereIsOne() throws Exception {
        server.close();
        server = new SmallServer(SubscriberOptions.following(Follow.CANARY));
        publish(0, 1, 2);
        server.promote(TRAINER.snapshot(0));
        server.assertServes(TRAINER, 0, 0);
        server.decide((registry, cause) -> registry.canary(TRAINER.snapshot(1).manifest(), cause));
        server.assertServes(TRAINER, 1, 0);
        server.decide(
                (registry, cause) -> registry.quarantine(TRAINER.snapshot(1).manifest(), cause));
        server.assertServes(TRAINER, 0, 0);
    }

    @Test
    void whatIsNotInTheTopicAnyMoreIsSaidAndTheLastGoodServesOn() throws Exception {
        publish(0, 1);
        server.promote(TRAINER.snapshot(1));
        server.feed.clear(FeedTopic.SNAPSHOTS);
        server.promote(TRAINER.snapshot(0));
        server.assertServes(TRAINER, 1, 0);
        server.assertRefused(SnapshotSubscriber.NOT_IN_TOPIC, "20220425T16Z", "freshet snapshot ls");
        publish(0);
        server.read();
        server.assertServes(TRAINER, 0, 0);
    }

    @Test
    void chunksThatRetentionHasTakenAreSaidAndTheLastGoodServesOn() throws Exception {
        publish(1);
        server.promote(TRAINER.snapshot(1));
        List<SnapshotRecord> records = TRAINER.snapshotRecords(2);
        server.feed.add(FeedTopic.SNAPSHOTS, records.subList(1, records.size()));
        server.promote(TRAINER.snapshot(2));
        server.assertServes(TRAINER, 1, 0);
        server.assertRefused("missing_chunks", "20220425T18Z", "have not arrived");
    }

    @Test
    void ofTwoTrainersUnderOneVersionTheOneThatIsNamedIsLoaded() throws Exception {
        publish(1);
        server.feed.add(FeedTopic.SNAPSHOTS, SECOND.snapshotRecords(1));
        publish(1);
        server.promote(SECOND.snapshot(1));
        server.assertServes(SECOND, 1, 0);
        server.assertCounts("older_generation", 1);
        server.promote(TRAINER.snapshot(1));
        server.assertServes(TRAINER, 1, 0);
    }

    @Test
    void whatATrainerWroteThatWasReplacedServesIfItIsNamed() throws Exception {
        publish(1);
        server.read(FeedTopic.REGISTRY, List.of(Registry.claim("one"), Registry.claim("two")));
        server.promote(TRAINER.snapshot(1));
        server.assertServes(TRAINER, 1, 0);
    }

    @Test
    void aNameWithoutARecordOfItsVersionIsNotFollowed() throws Exception {
        publish(0, 1);
        server.promote(TRAINER.snapshot(0));
        List<SnapshotRecord> promotion = server.records(
                (registry, cause) -> registry.promote(TRAINER.snapshot(1).manifest(), cause));
        server.read(FeedTopic.REGISTRY, promotion.subList(1, 2));
        server.assertServes(TRAINER, 0, 0);
        server.assertRefused(SnapshotSubscriber.BAD_REGISTRY, "20220425T17Z", "no record of that version");
        server.read(FeedTopic.REGISTRY, promotion.subList(0, 1));
        server.assertServes(TRAINER, 1, 0);
    }

    @Test
    void aRecordThatIsNoneOfARegistrysIsPassedOver() throws Exception {
        publish(0);
        server.read(
                FeedTopic.REGISTRY,
                List.of(new SnapshotRecord("aliases", "{\"format\":1}".getBytes(StandardCharsets.UTF_8))));
        server.assertRefused(SnapshotSubscriber.BAD_REGISTRY, "offset 0", "expected");
        server.promote(TRAINER.snapshot(0));
        server.assertServes(TRAINER, 0, 0);
    }
}
