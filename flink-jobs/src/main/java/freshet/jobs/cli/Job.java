package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.JobTopics;
import freshet.jobs.job.ExamplesJob;
import freshet.jobs.job.GateJob;
import freshet.jobs.job.TrainJob;

/** The jobs of a deployment. */
enum Job {
    EXAMPLES,
    TRAIN,
    GATE;

    /** Its name on the dashboard. */
    String name(FreshetConfig config) {
        return switch (this) {
            case EXAMPLES -> ExamplesJob.name(config);
            case TRAIN -> TrainJob.name(config);
            case GATE -> GateJob.name(config);
        };
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
