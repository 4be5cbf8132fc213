package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.GateJob;
import freshet.jobs.job.OperatorIds;
import freshet.jobs.job.TrainJob;
import freshet.jobs.recover.JobState;
import java.util.Locale;
import java.util.Set;

/** The jobs of a deployment. */
enum Job {
    EXAMPLES,
    TRAIN,
    GATE;

    /** As it is typed. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its name on the dashboard. */
    String name(FreshetConfig config) {
        return switch (this) {
            case EXAMPLES -> ExamplesJob.name(config);
            case TRAIN -> TrainJob.name(config);
            case GATE -> GateJob.name(config);
        };
    }

    /** By what its checkpoints are known. */
    JobState state(FreshetConfig config) {
        String uid = switch (this) {
            case EXAMPLES -> OperatorIds.JOIN;
            case TRAIN -> OperatorIds.TRAIN;
            case GATE -> OperatorIds.GATE;
        };
        return new JobState(uid, Set.copyOf(config.topics().all()));
    }

    /** What it does with topics. */
    JobTopics topics(FreshetConfig config) {
        return switch (this) {
            case EXAMPLES -> JobTopics.ofExamples(config);
            case TRAIN -> JobTopics.ofTrain(config);
            case GATE -> JobTopics.ofGate(config);
        };
    }
}
