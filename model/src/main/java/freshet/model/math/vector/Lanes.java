package freshet.model.math.vector;

import freshet.model.math.Kernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** How long vectors are. Constants, because the compiler makes vector instructions of constant lengths only. */
final class Lanes {
    /** The longest that this machine has, or that was asked for. */
    static final VectorSpecies<Float> LONGEST = longest();

    /** For what is left over, and for rows that are shorter. */
    static final VectorSpecies<Float> SHORT = FloatVector.SPECIES_128;

    private Lanes() {}

    private static VectorSpecies<Float> longest() {
        Integer bits = Integer.getInteger(Kernels.VECTOR_BITS_PROPERTY);
        if (bits == null) {
            return FloatVector.SPECIES_PREFERRED;
        }
        return switch (bits) {
            case 128 -> FloatVector.SPECIES_128;
            case 256 -> FloatVector.SPECIES_256;
            case 512 -> FloatVector.SPECIES_512;
            default ->
                throw new IllegalArgumentException(
                        "-D" + Kernels.VECTOR_BITS_PROPERTY + ": found " + bits + ", expected 128, 256 or 512");
        };
    }
}
