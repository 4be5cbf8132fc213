package freshet.model.math;

/** Names of the streams of random numbers that dropout draws from; each is a child of the model's seed. */
public final class DropoutStream {
    public static final long GATES = 1;
    public static final long SHALLOW = 2;

    private DropoutStream() {}
}
