package freshet.jobs.cli;

import freshet.serde.snapshot.KeyFiles;
import freshet.serde.snapshot.ManifestSigner;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet keys}: the keys that sign snapshots. */
@Command(
        name = "keys",
        description = "Makes the keys by which servers know that a snapshot is the trainer's.",
        mixinStandardHelpOptions = true,
        subcommands = KeysCommand.New.class)
final class KeysCommand {

    @Command(
            name = "new",
            description = {
                "Makes a pair of Ed25519 keys: <id>.key.pem, readable by its owner alone, for snapshots.signing of the"
                        + " trainer, and <id>.pub.pem for snapshots.trusted_keys of readers.",
                "To exchange a key: give readers the new public key beside the old one, then the trainer the new private"
                        + " key, then take the old public key away."
            },
            mixinStandardHelpOptions = true)
    static final class New implements Callable<Integer> {
        @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder; made where it is missing.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private Path out;

        @Option(
                names = "--id",
                paramLabel = "ID",
                defaultValue = "freshet",
                description = "The key id that manifests name (default: ${DEFAULT-VALUE}).")
        @SuppressWarnings("NullAway.Init") // has a default: picocli sets it
        private String id;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            if (!ManifestSigner.isKeyId(id)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--id: found '" + id + "', expected 1 to 64 letters, digits, dots, dashes and underscores");
            }
            try {
                KeyFiles.Pair files = KeyFiles.write(KeyFiles.newPair(), id, out);
                spec.commandLine().getOut().println(files.privateKey());
                spec.commandLine().getOut().println(files.publicKey());
                return 0;
            } catch (FileAlreadyExistsException e) {
                throw new ParameterException(
                        spec.commandLine(), e.getFile() + " is there already; keys are never overwritten", e);
            }
        }
    }
}
