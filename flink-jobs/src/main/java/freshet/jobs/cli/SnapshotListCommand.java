package freshet.jobs.cli;

import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet snapshot ls}: which snapshots there are. */
@Command(
        name = "ls",
        description = {
            "Lists the snapshots of a folder, or of a deployment's topics with what its registry says of them. In a folder it"
                    + " reads manifests alone; see freshet snapshot verify.",
            "Columns, between tabs: version, generation, bytes, examples, state, aliases, reason."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SnapshotListCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", arity = "0..1", description = "Folder of folders, such as replay's snapshots.")
    private @Nullable Path folder;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private SnapshotPlace place;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter err = spec.commandLine().getErr();
        SortedMap<SnapshotVersion, SnapshotManifest> manifests =
                folder == null ? place.topic().manifests(err::println) : manifests(folder);
        Registry registry = folder == null ? place.registry().read(err::println) : Registry.EMPTY;
        TreeSet<SnapshotVersion> versions = new TreeSet<>(manifests.keySet());
        versions.addAll(registry.entries().keySet());
        for (SnapshotVersion version : versions) {
            spec.commandLine().getOut().println(line(version, manifests.get(version), registry));
        }
        return 0;
    }

    private static SortedMap<SnapshotVersion, SnapshotManifest> manifests(Path folder) throws IOException {
        SortedMap<SnapshotVersion, SnapshotManifest> manifests = new TreeMap<>();
        SnapshotDirectory directory = new SnapshotDirectory(folder);
        for (SnapshotVersion version : directory.versions()) {
            manifests.put(version, directory.manifest(version));
        }
        return manifests;
    }

    /** A version without a manifest is one that the registry remembers and the topic has forgotten. */
    private static String line(SnapshotVersion version, @Nullable SnapshotManifest manifest, Registry registry) {
        RegistryEntry entry = registry.entry(version).orElse(null);
        return String.join(
                "\t",
                version.toString(),
                manifest == null ? "-" : Long.toString(manifest.generation()),
                manifest == null ? "gone" : Long.toString(manifest.bytes()),
                manifest == null ? "-" : Long.toString(manifest.description().examples()),
                entry == null ? "-" : entry.state().label(),
                aliases(version, registry),
                entry == null ? "" : entry.by() + ": " + entry.reason());
    }

    private static String aliases(SnapshotVersion version, Registry registry) {
        List<String> aliases = new ArrayList<>();
        if (version.equals(registry.aliases().current())) {
            aliases.add("current");
        }
        if (version.equals(registry.aliases().previous())) {
            aliases.add("previous");
        }
        if (version.equals(registry.aliases().canary())) {
            aliases.add("canary");
        }
        return aliases.isEmpty() ? "-" : String.join(",", aliases);
    }
}
