package freshet.jobs.faults;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.faults.TrappedFileSystem.Written;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * TaskManagers are killed where it hurts most; another stands by. Traps in the file system of the checkpoints make sure of the
 * moment; of snapshots and deltas a few places are tried here, {@code PublishOperatorTest} halts after every record.
 */
@Tag("faults")
class MomentFaultsTest {
    /** A snapshot has a dozen; the earlier ones can be seen before the last is on its way. */
    private static final int CHUNKS = 8;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    /** Snapshots are written when about 0.3, 0.63 and 0.95 of the events have been sent. */
    @Test
    void killedInTheMiddleOfWhatItDoes() throws Exception {
        Path here = folder.resolve("moments");
        try (BrokerProcess broker = new BrokerProcess(folder.resolve("broker-data"), folder.resolve("broker"));
                LiveDeployment deployment = new LiveDeployment(
                        here,
                        broker.bootstrapServers(),
                        Workload.replayOfLargeSnapshots(folder),
                        "moments",
                        Map.of(
                                LiveDeployment.CHECKPOINTS_KEY,
                                TrappedFileSystem.uri(here.resolve(LiveDeployment.CHECKPOINTS))
                                        .toString()))) {
            FreshetConfig config = deployment.config();
            Script script = new Script(new FaultScript("TaskManager killed in the middle of what it does"), deployment);
            script.steps.then("another stands by", deployment.cluster()::keepStandby);
            script.killInCheckpoint("train", 0.05, 0.1);
            script.killInCheckpoint("examples", 0.1, 0.15);
            script.killAfterCheckpoint("examples", 0.15, 0.2);
            script.killAfterCheckpoint("train", 0.2, 0.25);
            script.killInBatch("a snapshot", config.topics().snapshots(), CHUNKS, 0.25, 0.4);
            script.killInBatch("a delta", config.topics().modelDeltas(), 1, 0.42, 0.52);
            script.killInBatch("another snapshot", config.topics().snapshots(), CHUNKS, 0.55, 0.72);
            script.killInCheckpoint("gate", 0.72, 0.76);
            script.killInCheckpoint("examples", 0.76, 0.8);
            script.killAfterCheckpoint("train", 0.8, 0.85);
            script.steps.then("ends as undisturbed", deployment::assertEndsAsUndisturbed);
            script.steps.play(folder);
        }
    }

    /**
     * Steps that kill; from: so much of the events has been sent when it begins to look for the moment; to: so much of them may
     * come until then.
     */
    private record Script(FaultScript steps, LiveDeployment deployment) {
        void killInCheckpoint(String job, double from, double to) {
            killWhen(Written.STATE, job, "kill -9 in a checkpoint of " + job, from, to);
        }

        void killAfterCheckpoint(String job, double from, double to) {
            killWhen(
                    Written.METADATA,
                    job,
                    "kill -9 when a checkpoint of " + job + " is complete, before anybody is told",
                    from,
                    to);
        }

        private void killWhen(Written what, String job, String step, double from, double to) {
            then(step, from, to, victim -> {
                deployment.checkpointsOf(job).killWhen(what, victim);
                deployment.allow(to);
            });
        }

        void killInBatch(String what, String topic, int records, double from, double to) {
            int record = steps.number(1, records);
            then(
                    "kill -9 at record " + record + " of " + what,
                    from,
                    to,
                    victim -> RecordTrap.kill(deployment.config(), topic, record, () -> deployment.allow(to), victim));
        }

        private void then(String step, double from, double to, LiveDeployment.Killer killer) {
            steps.then(String.format(Locale.ROOT, "%s, with %.2f to %.2f of the events sent", step, from, to), () -> {
                deployment.awaitSent(from);
                deployment.loseTaskManager(killer);
            });
        }
    }
}
