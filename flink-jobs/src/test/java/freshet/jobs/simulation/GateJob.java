package freshet.jobs.simulation;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.gate.GateTrial;
import freshet.jobs.gate.SteppedGate;
import freshet.serde.snapshot.TrustedKeys;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The gate: reads the snapshots topic, writes the registry. */
final class GateJob extends Job<GateJob.Saved> {
    private final FreshetConfig config;
    private final Topics topics;
    private final TrustedKeys trusted;
    private final Map<String, GateTrial> trials = new HashMap<>();

    private SteppedGate gate;
    private long offset;

    /** A checkpoint. */
    record Saved(long offset, SteppedGate.Saved gate) {}

    GateJob(FreshetConfig config, Topics topics, TrustedKeys trusted) {
        this.config = config;
        this.topics = topics;
        this.trusted = trusted;
        gate = new SteppedGate(config, trusted, topics, trials, null);
    }

    @Override
    protected Saved save() {
        return new Saved(offset, gate.save());
    }

    @Override
    protected void restart(@Nullable Saved from) {
        gate = new SteppedGate(config, trusted, topics, trials, from == null ? null : from.gate);
        offset = from == null ? 0 : from.offset;
    }

    @Override
    public List<Supplier<Optional<String>>> threads() {
        return List.of(this::read);
    }

    private Optional<String> read() {
        Topic.Placed next = topics.snapshots.next(offset);
        if (next == null) {
            return Optional.empty();
        }
        offset = next.offset() + 1;
        try {
            gate.accept(next.record());
        } catch (Crash killed) {
            return Optional.of("gate reads " + next.record().key() + ": " + crash());
        }
        return Optional.of("gate reads " + next.record().key());
    }
}
