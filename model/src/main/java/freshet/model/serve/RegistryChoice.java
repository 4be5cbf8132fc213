package freshet.model.serve;

import freshet.model.serve.SubscriberOptions.Follow;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryAliases;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotVersion;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which snapshot the registry wants served, as its records come in. A name alone is not enough: the entry of the version says by
 * its SHA-256 which content is meant, and must not say that it is bad. One thread.
 */
final class RegistryChoice {
    private final Follow follow;
    private Registry registry = Registry.EMPTY;

    RegistryChoice(Follow follow) {
        this.follow = follow;
    }

    /** @throws BadSnapshotException when the record is none of a registry's; what was known stays */
    void accept(FeedRecord record) throws BadSnapshotException {
        registry = registry.with(record.record(), record.offset());
    }

    /** What is named, if the registry has said all there is to know of it. */
    Optional<RegistryEntry> named() {
        return entry().filter(entry -> !entry.state().isBad());
    }

    /** Whether this very snapshot is named. */
    boolean isNamed(SnapshotManifest snapshot) {
        return named().filter(entry -> entry.version().equals(snapshot.version())
                        && entry.sha256().equals(snapshot.sha256()))
                .isPresent();
    }

    /** Why nothing is named although an alias is set; empty otherwise. */
    Optional<String> problem() {
        SnapshotVersion version = alias();
        Optional<RegistryEntry> entry = entry();
        if (version == null || (entry.isPresent() && !entry.get().state().isBad())) {
            return Optional.empty();
        }
        return Optional.of("the registry names snapshot " + version + ", "
                + entry.map(bad -> "which is " + bad.state().label() + " (" + bad.reason() + ")")
                        .orElse("and holds no record of that version")
                + "; what serves stays until it names another");
    }

    private Optional<RegistryEntry> entry() {
        SnapshotVersion version = alias();
        return version == null ? Optional.empty() : registry.entry(version);
    }

    private @Nullable SnapshotVersion alias() {
        RegistryAliases aliases = registry.aliases();
        return follow == Follow.CANARY && aliases.canary() != null ? aliases.canary() : aliases.current();
    }

    /** Whether what was learnt behind a snapshot may be served: a version found bad there says no. */
    boolean mayGoOnFrom(SnapshotVersion version) {
        return !registry.isBadBehind(version);
    }
}
