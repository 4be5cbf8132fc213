package freshet.model.math.vector;

import freshet.model.math.Kernels;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How long vectors are. A constant, because the compiler makes vector instructions of constant lengths only. And one length for
 * all: as soon as a second class of vectors is loaded, JDK 17 no longer knows what the variables of a loop hold and puts them on
 * the heap, in every kernel of the process (four times slower, measured).
 */
final class Lanes {
    /** The longest that this machine has, or that was asked for. */
    static final VectorSpecies<Float> LONGEST = longest();

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
