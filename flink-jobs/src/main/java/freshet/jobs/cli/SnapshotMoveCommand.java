package freshet.jobs.cli;

import freshet.jobs.publish.RegistryTopic;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.Registry.Cause;
import freshet.serde.snapshot.Registry.Change;
import freshet.serde.snapshot.RegistryAliases;
import freshet.serde.snapshot.RegistryRefusedException;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The commands that change a registry: each reads it, decides by {@link Registry}, writes what follows, and says what servers
 * load from then on. Exit code 1 when the change makes no sense as things are.
 */
abstract class SnapshotMoveCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    SnapshotPlace place;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DecisionOptions decision;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    /** What is to change. */
    abstract Change decide(Registry registry, Cause cause) throws Exception;

    @Override
    public Integer call() throws Exception {
        PrintWriter err = spec.commandLine().getErr();
        RegistryTopic topic = place.registry();
        Change change;
        try {
            change = decide(topic.read(err::println), new Cause(decision.by(), decision.reason()));
        } catch (RegistryRefusedException e) {
            err.println("freshet: " + e.getMessage());
            return Main.FAILED;
        }
        topic.write(change.records());
        Registry now = topic.read(err::println);
        RegistryAliases aliases = now.aliases();
        spec.commandLine()
                .getOut()
                .println("current " + named(aliases.current()) + ", previous " + named(aliases.previous())
                        + (aliases.canary() == null ? "" : ", canary " + aliases.canary()));
        if (!now.aliases().equals(change.after().aliases())) {
            err.println(
                    "freshet: somebody else has changed the registry in the same moment; look again and decide anew");
            return Main.FAILED;
        }
        return 0;
    }

    private static String named(@Nullable SnapshotVersion version) {
        return version == null ? "-" : version.toString();
    }

    @Command(
            name = "promote",
            description = {
                "Makes a snapshot current: servers that follow the registry load it. It is fetched and verified first,"
                        + " golden rows included."
            },
            mixinStandardHelpOptions = true)
    static final class Promote extends SnapshotMoveCommand {
        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private VersionParameter version;

        @Override
        Change decide(Registry registry, Cause cause) throws Exception {
            return registry.promote(place.verified(version.text()).manifest(), cause);
        }
    }

    @Command(
            name = "canary",
            description = {
                "Makes a snapshot the one that canaries load (freshet rank --follow=canary); the others keep the current one. It is"
                        + " fetched and verified first, golden rows included.",
                "It ends when the snapshot is promoted, withdrawn or found bad, or when another is named; naming the"
                        + " current one ends it too."
            },
            mixinStandardHelpOptions = true)
    static final class Canary extends SnapshotMoveCommand {
        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private VersionParameter version;

        @Override
        Change decide(Registry registry, Cause cause) throws Exception {
            return registry.canary(place.verified(version.text()).manifest(), cause);
        }
    }

    @Command(
            name = "rollback",
            description =
                    "Makes the previous snapshot current, or an earlier one that was; the present one is quarantined.",
            mixinStandardHelpOptions = true)
    static final class Rollback extends SnapshotMoveCommand {
        @Option(names = "--to", paramLabel = "VERSION", description = "An earlier one that was current once.")
        private @Nullable String to;

        @Override
        Change decide(Registry registry, Cause cause) throws Exception {
            Change change = to == null ? registry.rollback(cause) : registry.rollbackTo(place.version(to), cause);
            // Servers that do not have it any more must be able to fetch it.
            if (change.after().aliases().current() != null) {
                place.topic().read(change.after().aliases().current());
            }
            return change;
        }
    }

    @Command(
            name = "withdraw",
            description = "Takes a snapshot out of use for good; if it is current, the previous one becomes current.",
            mixinStandardHelpOptions = true)
    static final class Withdraw extends SnapshotMoveCommand {
        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private VersionParameter version;

        @Override
        Change decide(Registry registry, Cause cause) throws Exception {
            return registry.withdraw(
                    place.topic().read(place.version(version.text())).manifest(), cause);
        }
    }
}
