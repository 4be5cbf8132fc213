package freshet.serde.snapshot;

import java.util.Locale;

/**
 * What a registry says of one version.
 *
 * @param generation of the trainer that wrote it
 * @param sha256 of its content: another content under the same version is another snapshot
 * @param state what has become of it
 * @param by who decided so: {@code gate}, or a person
 * @param reason why, for people
 */
public record RegistryEntry(
        SnapshotVersion version, long generation, String sha256, State state, String by, String reason) {

    /** What has become of a version. */
    public enum State {
        /** It is on the topic; nobody has decided anything. */
        KNOWN,
        /** It was good enough to be current. */
        PROMOTED,
        /** It was found wanting, by the gate or after a rollback. A person may still promote it. */
        QUARANTINED,
        /** It must not be used, ever. */
        WITHDRAWN;

        /** The word in the topic: lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Whether somebody has found fault with it. */
        public boolean isBad() {
            return this == QUARANTINED || this == WITHDRAWN;
        }

        static State of(String label) throws BadSnapshotException {
            for (State state : values()) {
                if (state.label().equals(label)) {
                    return state;
                }
            }
            throw new BadSnapshotException(
                    "registry: found the state '" + label + "', expected known, promoted, quarantined or withdrawn");
        }
    }

    static RegistryEntry of(SnapshotManifest snapshot, State state, Registry.Cause cause) {
        return new RegistryEntry(
                snapshot.version(), snapshot.generation(), snapshot.sha256(), state, cause.by(), cause.reason());
    }

    RegistryEntry as(State changed, Registry.Cause cause) {
        return new RegistryEntry(version, generation, sha256, changed, cause.by(), cause.reason());
    }
}
