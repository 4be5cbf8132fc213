package freshet.serde.snapshot;

import java.util.Objects;

/**
 * What a delta is: the way from one state of a model to a later one.
 *
 * @param name the model's name
 * @param generation as in {@link SnapshotDescription#generation}
 * @param id which one
 * @param asOfMillis whoever has applied it has the model as of this event time: everything decided before has been learnt
 * @param modelFingerprint as in {@link SnapshotDescription}: of the model it belongs to
 * @param lineageBefore lineage of the state it leads on from. Another state must not take it, whatever the ids say.
 * @param lineage lineage of the state it leads to
 * @param examples labelled examples learnt in the model's life, with this delta
 */
public record DeltaDescription(
        String name,
        long generation,
        DeltaId id,
        long asOfMillis,
        String modelFingerprint,
        String lineageBefore,
        String lineage,
        long examples) {

    public DeltaDescription {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(modelFingerprint, "modelFingerprint");
        Objects.requireNonNull(lineageBefore, "lineageBefore");
        Objects.requireNonNull(lineage, "lineage");
        if (asOfMillis <= id.base().eventTimeMillis()) {
            throw new IllegalArgumentException("delta " + id + ": found it as of " + asOfMillis
                    + " ms, expected a time behind its base, " + id.base().eventTimeMillis() + " ms");
        }
    }
}
