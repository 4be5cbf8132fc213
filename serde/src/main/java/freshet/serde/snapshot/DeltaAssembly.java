package freshet.serde.snapshot;

/** What one record did to a {@link DeltaAssembler}. */
public sealed interface DeltaAssembly {

    /** A chunk was taken; its delta is not whole yet. */
    record Incomplete(DeltaId id, int chunksHeld) implements DeltaAssembly {}

    /** A delta is whole, right, and the one that comes next: {@link DeltaAssembler#next} gives it. */
    record Ready(DeltaDescription delta) implements DeltaAssembly {}

    /**
     * A delta is whole and right, but something before it is missing: lost, late, or the snapshot itself is not loaded yet. It
     * is held; the model stays as it is until what is missing arrives, or a newer snapshot does.
     *
     * @param detail what is missing
     */
    record Gap(DeltaDescription delta, String detail) implements DeltaAssembly {}

    /** Known already or no longer needed: sent again, or from before the snapshot that is loaded. */
    record Repeat(DeltaId id) implements DeltaAssembly {}

    /** Nothing came of it. The model stays as it is. */
    record Rejected(SnapshotAssembly.Reason reason, String detail) implements DeltaAssembly {}
}
