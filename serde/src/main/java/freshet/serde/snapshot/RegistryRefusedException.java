package freshet.serde.snapshot;

/** A change of the registry that makes no sense as things are; the message says why and what would. */
public final class RegistryRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    public RegistryRefusedException(String message) {
        super(message);
    }
}
