package freshet.jobs.publish;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.publish.PublishCore.Deltas;
import freshet.model.snapshot.SnapshotWriter;
import java.io.IOException;
import java.io.Serializable;

/**
 * What a publisher needs to be made anew wherever Flink puts it.
 *
 * @param configJson the configuration, as {@link FreshetConfig#json}
 * @param generations where a new job gets its generation from
 */
public record PublishPlan(String configJson, GenerationClaim generations) implements Serializable {

    /** The plan of a deployment, fenced by its registry topic. */
    public static PublishPlan of(FreshetConfig config) {
        return new PublishPlan(config.json(), new KafkaGenerations(config.json()));
    }

    /** The plan of a replay. */
    public static PublishPlan unfenced(FreshetConfig config) {
        return new PublishPlan(config.json(), GenerationClaim.UNFENCED);
    }

    /** @throws IOException when the key that signs cannot be read here */
    PublishCore newCore() throws IOException {
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        return new PublishCore(
                config.model(),
                new SnapshotWriter(config.name(), config.featuresJson()),
                config.snapshots().signer(),
                config.snapshots().deltaEvery().isZero() ? Deltas.NOT_SENT : Deltas.SENT);
    }
}
