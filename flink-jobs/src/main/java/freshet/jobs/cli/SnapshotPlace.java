package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.local.CannotStartException;
import freshet.jobs.publish.RegistryTopic;
import freshet.jobs.publish.SnapshotTopic;
import freshet.model.serve.Ranker;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import freshet.serde.snapshot.TrustedKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the commands of {@code freshet snapshot} find what they are asked for: a folder, or the topics of a deployment. */
final class SnapshotPlace {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "The deployment, to name a snapshot on its topics by version, or as current, previous or canary."
                            + " Its snapshots.trusted_keys are checked.")
    private @Nullable Path file;

    /** The file, once it has been read. */
    private @Nullable FreshetConfig read;

    /** The topics of a deployment that was read already. */
    static SnapshotPlace of(FreshetConfig config) {
        SnapshotPlace place = new SnapshotPlace();
        place.read = config;
        return place;
    }

    /** The deployment that was named. */
    FreshetConfig config() {
        if (read == null) {
            if (file == null) {
                throw new CannotStartException("--config is missing: it says where the topics are");
            }
            read = FreshetConfig.load(file);
        }
        return read;
    }

    RegistryTopic registry() {
        FreshetConfig config = config();
        return new RegistryTopic(config.kafka(), config.topics().modelRegistry());
    }

    SnapshotTopic topic() throws IOException {
        FreshetConfig config = config();
        return new SnapshotTopic(
                config.kafka(), config.topics().snapshots(), config.snapshots().trusted());
    }

    /** The snapshot that a text names: a folder, or with a deployment a version or an alias. */
    Snapshot load(String text) throws IOException {
        Path folder = Path.of(text);
        if (file == null || Files.isDirectory(folder)) {
            Snapshot snapshot = read(folder);
            trusted().check(snapshot);
            return snapshot;
        }
        return topic().read(version(text));
    }

    private static Snapshot read(Path folder) throws IOException {
        try {
            return SnapshotDirectory.read(folder);
        } catch (NoSuchFileException e) {
            List<SnapshotVersion> inside =
                    Files.isDirectory(folder) ? new SnapshotDirectory(folder).versions() : List.of();
            String found = inside.isEmpty()
                    ? "found no " + SnapshotDirectory.MANIFEST + " there"
                    : "found a folder of " + inside.size() + " snapshots";
            String advice = inside.isEmpty()
                    ? "name such a folder, or with --config a version or alias"
                    : "name one, such as "
                            + folder.resolve(inside.get(inside.size() - 1).toString());
            throw new CannotStartException(
                    "reading the snapshot " + folder + ": " + found + ", expected the folder of one; " + advice);
        }
    }

    /** The snapshot on the topic that a version or an alias names, with which this machine computes what the trainer did. */
    Snapshot verified(String text) throws IOException {
        Snapshot snapshot = topic().read(version(text));
        new Ranker(snapshot).close();
        return snapshot;
    }

    private TrustedKeys trusted() throws IOException {
        return file == null ? TrustedKeys.unchecked() : config().snapshots().trusted();
    }

    /** The version that a text spells, or that an alias stands for. */
    SnapshotVersion version(String text) throws BadSnapshotException {
        Registry registry = Registry.EMPTY;
        if (text.equals("current") || text.equals("previous") || text.equals("canary")) {
            registry = registry().read(problem -> {});
        }
        @Nullable
        SnapshotVersion named = switch (text) {
            case "current" -> registry.aliases().current();
            case "previous" -> registry.aliases().previous();
            case "canary" -> registry.aliases().canary();
            default -> SnapshotVersion.parse(text);
        };
        if (named == null) {
            throw new BadSnapshotException("the registry names no " + text + " snapshot; see freshet snapshot ls");
        }
        return named;
    }
}
