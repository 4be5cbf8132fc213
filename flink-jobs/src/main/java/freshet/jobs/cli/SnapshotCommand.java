package freshet.jobs.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.model.serve.Ranker;
import freshet.model.snapshot.SnapshotModel;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDirectory;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet snapshot}: looks at snapshots in folders. */
@Command(
        name = "snapshot",
        description = "Looks at a snapshot in a folder, such as those that replay writes.",
        mixinStandardHelpOptions = true,
        subcommands = {SnapshotCommand.Show.class, SnapshotCommand.Verify.class, SnapshotGateCommand.class})
final class SnapshotCommand {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Command(
            name = "show",
            description = "Prints the manifest as indented JSON, after the checksums of all files have been compared.",
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Folder of one snapshot.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private Path folder;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            String manifest = SnapshotDirectory.read(folder).manifestLine();
            spec.commandLine().getOut().println(JSON.readTree(manifest).toPrettyString());
            return 0;
        }
    }

    @Command(
            name = "verify",
            description = {
                "Checks all that a server checks: checksums, that the files are a model, and that ONNX Runtime on this machine"
                        + " computes for the golden rows what the trainer did.",
                "Exit code 1 when the snapshot is bad."
            },
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "Folder of one snapshot.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private Path folder;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            try {
                Snapshot snapshot = SnapshotDirectory.read(folder);
                SnapshotModel model = SnapshotModel.of(snapshot);
                new Ranker(model).close();
                spec.commandLine()
                        .getOut()
                        .println("good: " + snapshot.version() + " "
                                + snapshot.manifest().sha256() + ", "
                                + snapshot.manifest().bytes() + " bytes, "
                                + model.golden().size() + " golden rows agree");
                return 0;
            } catch (BadSnapshotException e) {
                spec.commandLine().getOut().println("bad: " + e.getMessage());
                return Main.FAILED;
            }
        }
    }
}
