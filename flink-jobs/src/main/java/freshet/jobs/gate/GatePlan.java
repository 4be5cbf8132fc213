package freshet.jobs.gate;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.order.WaitingBlocks;
import freshet.model.spec.ModelSpec;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What a gate needs to be made anew wherever Flink puts it.
 *
 * @param configJson the configuration, as {@link FreshetConfig#json}
 * @param registries connects to the registry
 */
record GatePlan(String configJson, Registries registries) implements Serializable {

    /** Connects to a registry; the last one that did is listened to. */
    interface Registries extends Serializable {
        GateRegistry connect();
    }

    /** The plan of a deployment, over its registry topic. */
    static GatePlan of(FreshetConfig config) {
        String json = config.json();
        return new GatePlan(json, () -> new KafkaGateRegistry(FreshetConfig.fromJson(json)));
    }

    ModelSpec model() {
        return FreshetConfig.fromJson(configJson).model();
    }

    /** @throws IOException when the trusted keys cannot be read here */
    GateCore newCore(GateRegistry registry, KeptRecords kept, Consumer<GateDecision> decisions) throws IOException {
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        return new GateCore(config.gate(), config.snapshots().trusted(), registry, kept, GateTrial::of, decisions);
    }

    AsServedCore newAsServed(
            WaitingBlocks blocks,
            Function<SnapshotVersion, Optional<Snapshot>> snapshots,
            Consumer<AsServedHour> hours) {
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        return new AsServedCore(config.model(), config.join().longestHorizonMillis(), blocks, snapshots, hours);
    }
}
