package freshet.jobs.replay;

import freshet.jobs.config.FreshetConfig;
import java.nio.file.Path;

/**
 * What to replay.
 *
 * @param events folder with the files that {@link freshet.jobs.source.ReplayFiles} describes
 * @param out folder for the outputs; made where it is missing; those of an earlier replay in it are replaced
 * @param config the deployment
 * @param parallelism subtasks of the join; the trainer has one whatever this says
 */
public record ReplayOptions(Path events, Path out, FreshetConfig config, int parallelism) {
    public ReplayOptions {
        if (parallelism < 1) {
            throw new IllegalArgumentException("replay: found parallelism " + parallelism + ", expected at least 1");
        }
    }
}
