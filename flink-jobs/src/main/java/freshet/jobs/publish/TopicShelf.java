package freshet.jobs.publish;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.train.SnapshotShelf;
import freshet.serde.control.TrainerCommand.RollBack;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.TrustedKeys;
import java.io.IOException;

/**
 * The snapshots topic of a deployment, for a trainer that goes back. {@code snapshots.trusted_keys} are checked: their files must
 * be where the trainer runs.
 *
 * @param configJson the configuration, as {@link FreshetConfig#json}
 */
public record TopicShelf(String configJson) implements SnapshotShelf {

    @Override
    public Snapshot take(RollBack wanted) throws BadSnapshotException {
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        return new SnapshotTopic(config.kafka(), config.topics().snapshots(), trusted(config))
                .read(wanted.version(), wanted.offset(), wanted.sha256());
    }

    private static TrustedKeys trusted(FreshetConfig config) throws BadSnapshotException {
        try {
            return config.snapshots().trusted();
        } catch (IOException e) {
            throw new BadSnapshotException(
                    "checking signatures: the keys of snapshots.trusted_keys cannot be read where"
                            + " the trainer runs: " + e.getMessage(),
                    e);
        }
    }
}
