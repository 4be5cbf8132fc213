package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.ModelFixtures;
import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.model.spec.ModelSpec;
import freshet.serde.snapshot.Delta;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.SnapshotFile;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Between snapshots, what serves is the trainer's model as of the last delta. */
class FollowDeltasTest {
    private static final SmallTrainer TRAINER = new SmallTrainer(3, 1, ManifestSigner.unsigned());
    private static final SubscriberOptions NEWEST =
            SubscriberOptions.following(Follow.NEWEST).with(Deltas.APPLIED);
    private static final SubscriberOptions CURRENT =
            SubscriberOptions.following(Follow.CURRENT).with(Deltas.APPLIED);

    private SmallServer server = new SmallServer(NEWEST);

    @AfterEach
    void close() {
        server.close();
    }

    private void follow(SubscriberOptions options) {
        server.close();
        server = new SmallServer(options);
    }

    private void delta(int hour, int quarter) {
        server.read(FeedTopic.DELTAS, TRAINER.deltaRecords(hour, quarter));
    }

    private void snapshot(int hour) {
        server.read(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(hour));
    }

    @Test
    void theModelIsTheTrainersAsOfEachDelta() {
        for (int hour = 0; hour < 3; hour++) {
            snapshot(hour);
            server.assertServes(TRAINER, hour, 0);
            for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
                delta(hour, quarter);
                server.assertServes(TRAINER, hour, quarter);
            }
        }
        server.assertCounts(DeltaFollower.APPLIED, 12);
        assertThat(server.subscriber.lastRefusal()).isEmpty();
    }

    @Test
    void calibrationIsAsOfEachDeltaToo() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL, ModelFixtures.CALIBRATED_TASKS);
        SmallTrainer calibrated = new SmallTrainer(spec, 2, 1, ManifestSigner.unsigned());
        for (int hour = 0; hour < 2; hour++) {
            server.readSnapshots(calibrated.snapshot(hour));
            server.assertServes(calibrated, hour, 0);
            for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
                server.read(FeedTopic.DELTAS, calibrated.deltaRecords(hour, quarter));
                server.assertServes(calibrated, hour, quarter);
            }
        }
        server.assertCounts(DeltaFollower.APPLIED, 8);
        assertThat(calibration(calibrated, 1)).containsOnlyKeys("click").isNotEqualTo(calibration(calibrated, 0));
    }

    private static SortedMap<String, SortedMap<String, Double>> calibration(SmallTrainer trainer, int hour) {
        return trainer.snapshot(hour).manifest().description().calibration();
    }

    @Test
    void aServerThatComesLateAppliesAllThatThereIs() {
        server.feed.add(FeedTopic.DELTAS, TRAINER.deltaRecords(0, 4));
        for (int quarter = 1; quarter <= 3; quarter++) {
            server.feed.add(FeedTopic.DELTAS, TRAINER.deltaRecords(1, quarter));
        }
        snapshot(1);
        server.assertServes(TRAINER, 1, 3);
    }

    @Test
    void deltasBehindTheNextSnapshotWaitForIt() {
        snapshot(0);
        for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
            delta(0, quarter);
        }
        delta(1, 1);
        server.assertServes(TRAINER, 0, 4);
        snapshot(1);
        server.assertServes(TRAINER, 1, 1);
    }

    @Test
    void aMissingDeltaHoldsTheModelUntilItComesOrTheNextSnapshotDoes() {
        snapshot(0);
        delta(0, 1);
        delta(0, 3);
        server.assertServes(TRAINER, 0, 1);
        server.assertRefused(DeltaFollower.GAP, "20220425T16Z/delta/2 is missing");
        delta(0, 2);
        server.assertServes(TRAINER, 0, 3);
        snapshot(1);
        delta(1, 2);
        server.assertServes(TRAINER, 1, 0);
        snapshot(2);
        server.assertServes(TRAINER, 2, 0);
    }

    /** A feed that hands out all it has at once, as Kafka's does. */
    @Test
    void whatIsReadInOneGoHasNoGap() {
        server.close();
        server = new SmallServer(NEWEST);
        server.feed.handOut(FakeFeed.Portion.ALL);
        for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
            server.feed.add(FeedTopic.DELTAS, TRAINER.deltaRecords(0, quarter));
        }
        snapshot(0);
        server.assertServes(TRAINER, 0, 4);
        assertThat(server.subscriber.lastRefusal()).isEmpty();
    }

    @Test
    void repeatedOnesChangeNothing() {
        snapshot(0);
        delta(0, 1);
        delta(0, 2);
        delta(0, 1);
        delta(0, 2);
        server.assertServes(TRAINER, 0, 2);
        server.assertCounts(DeltaFollower.APPLIED, 2);
    }

    @Test
    void aServerWithoutThemKeepsToSnapshots() {
        follow(SubscriberOptions.following(Follow.NEWEST));
        snapshot(0);
        server.feed.add(FeedTopic.DELTAS, TRAINER.deltaRecords(0, 1));
        snapshot(1);
        server.assertServes(TRAINER, 1, 0);
    }

    @Test
    void aDeltaThatIsNoneOfThisModelIsRefusedAndTheNextSnapshotMakesUp() {
        snapshot(0);
        delta(0, 1);
        Delta good = TRAINER.delta(0, 2);
        List<SnapshotFile> files = List.of(
                new SnapshotFile("dense.safetensors", "[]".getBytes(StandardCharsets.UTF_8)),
                good.files().get(1));
        Delta bad = Delta.of(good.manifest().description(), files, ManifestSigner.unsigned());
        server.read(FeedTopic.DELTAS, bad.records());
        server.assertServes(TRAINER, 0, 1);
        server.assertCounts(SnapshotSubscriber.BAD_MODEL, 1);
        delta(0, 3);
        server.assertServes(TRAINER, 0, 1);
        snapshot(1);
        delta(1, 1);
        server.assertServes(TRAINER, 1, 1);
    }

    @Test
    void withKeysADeltaThatIsNotSignedIsRefused() {
        SmallTrainer signed = new SmallTrainer(1, 1, SmallTrainer.SIGNER);
        follow(NEWEST.trusting(SmallTrainer.TRUSTED));
        server.readSnapshots(signed.snapshot(0));
        delta(0, 1);
        server.assertServes(signed, 0, 0);
        server.assertRefused("delta_unsigned", "20220425T16Z/delta/1");
        server.read(FeedTopic.DELTAS, signed.deltaRecords(0, 1));
        server.assertServes(signed, 0, 1);
    }

    @Test
    void onlyWhatIsBehindTheNamedSnapshotIsApplied() throws Exception {
        follow(CURRENT);
        for (int hour = 0; hour < 3; hour++) {
            server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(hour));
            server.feed.add(FeedTopic.DELTAS, TRAINER.deltaRecords(hour, 1));
            server.feed.add(FeedTopic.DELTAS, TRAINER.deltaRecords(hour, 2));
        }
        server.promote(TRAINER.snapshot(1));
        server.assertServes(TRAINER, 1, 2);
        server.promote(TRAINER.snapshot(2));
        server.assertServes(TRAINER, 2, 2);
        delta(2, 3);
        server.assertServes(TRAINER, 2, 3);
    }

    @Test
    void deltasTowardsAVersionThatIsFoundBadAreTakenBack() throws Exception {
        follow(CURRENT);
        for (int hour = 0; hour < 2; hour++) {
            server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(hour));
        }
        server.promote(TRAINER.snapshot(0));
        for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
            delta(0, quarter);
        }
        server.assertServes(TRAINER, 0, 4);
        server.decide(
                (registry, cause) -> registry.quarantine(TRAINER.snapshot(1).manifest(), cause));
        server.assertServes(TRAINER, 0, 0);
    }

    @Test
    void afterARollbackTheWayToTheBadVersionIsNotGoneAgain() throws Exception {
        follow(CURRENT);
        for (int hour = 0; hour < 2; hour++) {
            server.feed.add(FeedTopic.SNAPSHOTS, TRAINER.snapshotRecords(hour));
        }
        server.promote(TRAINER.snapshot(0));
        for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
            delta(0, quarter);
        }
        server.promote(TRAINER.snapshot(1));
        delta(1, 1);
        server.assertServes(TRAINER, 1, 1);
        server.decide((registry, cause) -> registry.rollback(cause));
        server.assertServes(TRAINER, 0, 0);
        delta(0, 1);
        server.assertServes(TRAINER, 0, 0);
    }

    @Test
    void eachExchangeClosesTheSessionBefore() {
        int before = Ranker.openCount();
        snapshot(0);
        for (int quarter = 1; quarter <= SmallTrainer.QUARTERS; quarter++) {
            delta(0, quarter);
            assertThat(Ranker.openCount() - before).isEqualTo(1);
        }
        snapshot(1);
        assertThat(Ranker.openCount() - before).isEqualTo(1);
        server.close();
        assertThat(Ranker.openCount()).isEqualTo(before);
    }
}
