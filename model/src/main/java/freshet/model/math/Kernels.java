package freshet.model.math;

/**
 * Which implementation of the inner loops to use. All give the same bits; the plain one is slower and needs nothing but Java.
 * Safe on any thread.
 */
public enum Kernels {
    /** Loops that the compiler may or may not turn into vectors. */
    PLAIN {
        @Override
        public ProductKernel product() {
            return new PlainProduct();
        }

        @Override
        public ElementKernel elements() {
            return new PlainElements();
        }
    },

    /** The JDK's Vector API. */
    VECTOR {
        @Override
        public ProductKernel product() {
            return load(ProductKernel.class, "freshet.model.math.vector.VectorProduct");
        }

        @Override
        public ElementKernel elements() {
            return load(ElementKernel.class, "freshet.model.math.vector.VectorElements");
        }
    };

    /** Set to {@code true}, this system property keeps to the plain loops, for comparison. */
    public static final String PLAIN_ONLY_PROPERTY = "freshet.plain.kernel";

    /** A system property: 128, 256 or 512, the length of vectors to use; the longest of this machine if it is not set. */
    public static final String VECTOR_BITS_PROPERTY = "freshet.vector.bits";

    /** The most floats that any machine's vector holds. */
    static final int MOST_LANES = 16;

    private static final class Best {
        static final Kernels KERNELS = find();

        private static Kernels find() {
            if (Boolean.getBoolean(PLAIN_ONLY_PROPERTY)
                    || ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
                return PLAIN;
            }
            try {
                VECTOR.product();
                VECTOR.elements();
                return VECTOR;
            } catch (LinkageError e) {
                return PLAIN; // this JDK's incubator no longer fits: the same bits, slower
            }
        }
    }

    /**
     * The fastest of this JVM: with vectors if it was started with {@code --add-modules jdk.incubator.vector}, plain otherwise.
     */
    public static Kernels best() {
        return Best.KERNELS;
    }

    /** A new kernel for one thread. */
    public abstract ProductKernel product();

    /** A kernel for any number of threads. */
    public abstract ElementKernel elements();

    // By name, because whoever refers to them needs the incubating module to compile and to load.
    private static <T> T load(Class<T> type, String name) {
        try {
            return type.cast(Class.forName(name).getDeclaredConstructor().newInstance());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("loading " + name + ": " + e, e);
        }
    }
}
