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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet snapshot}: looks at snapshots in folders and on topics, and says which one is current. */
@Command(
        name = "snapshot",
        description =
                "Looks at snapshots, in folders such as replay writes or on the topics of a deployment, and says which one"
                        + " servers should load.",
        mixinStandardHelpOptions = true,
        subcommands = {
            SnapshotListCommand.class,
            SnapshotCommand.Show.class,
            SnapshotCommand.Get.class,
            SnapshotCommand.Verify.class,
            SnapshotDiffCommand.class,
            SnapshotExportCommand.class,
            SnapshotMoveCommand.Promote.class,
            SnapshotMoveCommand.Canary.class,
            SnapshotMoveCommand.Rollback.class,
            SnapshotMoveCommand.Withdraw.class,
            SnapshotGateCommand.class
        })
final class SnapshotCommand {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Command(
            name = "show",
            description = "Prints the manifest as indented JSON, after the checksums of all files have been compared.",
            mixinStandardHelpOptions = true)
    static final class Show implements Callable<Integer> {
        @Parameters(paramLabel = "SNAPSHOT", description = "A folder, or with --config a version or alias.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private String name;

        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private SnapshotPlace place;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            String manifest = place.load(name).manifestLine();
            spec.commandLine().getOut().println(JSON.readTree(manifest).toPrettyString());
            return 0;
        }
    }

    @Command(
            name = "get",
            description = "Fetches a snapshot from the topic, verifies it and writes it to a folder of its own in DIR.",
            mixinStandardHelpOptions = true)
    static final class Get implements Callable<Integer> {
        @Parameters(paramLabel = "VERSION", description = "Such as 20220425T16Z, or current.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private String name;

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder; made where it is missing.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private Path out;

        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private SnapshotPlace place;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            Snapshot snapshot = place.topic().read(place.version(name));
            spec.commandLine().getOut().println(new SnapshotDirectory(out).write(snapshot));
            return 0;
        }
    }

    @Command(
            name = "verify",
            description = {
                "Checks all that a server checks: checksums, with --config the signature, that the files are a model, and that ONNX Runtime on this machine"
                        + " computes for the golden rows what the trainer did.",
                "Exit code 1 when the snapshot is bad."
            },
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "SNAPSHOT", description = "A folder, or with --config a version or alias.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private String name;

        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private SnapshotPlace place;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            try {
                Snapshot snapshot = place.load(name);
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
