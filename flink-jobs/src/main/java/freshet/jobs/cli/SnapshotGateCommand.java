package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.gate.Gate;
import freshet.jobs.gate.GateDecision;
import freshet.jobs.gate.GateDecision.Quarantine;
import freshet.jobs.gate.GateTrial;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryRefusedException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet snapshot gate}: what a gate would have made of the snapshots in a folder. */
@Command(
        name = "gate",
        description = {
            "Puts the snapshots of a folder through a gate, oldest first, and prints what it decides of each: to choose limits before"
                    + " they count. Each is verified, loaded in ONNX Runtime and compared with the last one promoted.",
            "Exit code 1 when any is quarantined."
        },
        mixinStandardHelpOptions = true)
final class SnapshotGateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "Folder of snapshots, such as the snapshots folder of a replay.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path folder;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Configuration with the limits, in its block gate (default: the defaults).")
    private @Nullable Path config;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadSnapshotException, RegistryRefusedException {
        FreshetConfig limits = config == null ? FreshetConfig.shipped("kuairand") : FreshetConfig.load(config);
        Gate gate = new Gate(limits.gate());
        Registry registry = Registry.EMPTY;
        PrintWriter out = spec.commandLine().getOut();
        int quarantined = 0;
        SnapshotDirectory directory = new SnapshotDirectory(folder);
        for (SnapshotVersion version : directory.versions()) {
            Snapshot snapshot = directory.read(version);
            GateDecision decision = gate.decide(
                    registry, snapshot.manifest(), GateTrial.of(snapshot).problem());
            registry = decision.applyTo(registry).after();
            quarantined += decision instanceof Quarantine ? 1 : 0;
            out.println(snapshot.version() + " " + words(decision) + ": " + decision.reason());
        }
        out.println(
                "current " + registry.current().map(Object::toString).orElse("none") + ", quarantined " + quarantined);
        return quarantined == 0 ? 0 : Main.FAILED;
    }

    private static String words(GateDecision decision) {
        return decision instanceof Quarantine bad
                ? "quarantine (" + bad.fault().label() + ")"
                : decision.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }
}
