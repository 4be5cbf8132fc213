package freshet.serde.snapshot;

import org.jspecify.annotations.Nullable;

/**
 * Which version servers should load. One record of the topic holds all of them, so they change together.
 *
 * @param current what servers load
 * @param previous what was current before and is still good: where a rollback goes
 * @param canary what a share of the servers loads instead
 * @param by who decided so
 * @param reason why, for people
 */
public record RegistryAliases(
        @Nullable SnapshotVersion current,
        @Nullable SnapshotVersion previous,
        @Nullable SnapshotVersion canary,
        String by,
        String reason) {

    /** Nothing was ever promoted. */
    public static final RegistryAliases NONE = new RegistryAliases(null, null, null, "", "");
}
