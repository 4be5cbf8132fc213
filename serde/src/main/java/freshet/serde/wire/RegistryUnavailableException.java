package freshet.serde.wire;

/**
 * The schema registry could not be asked. It says nothing about the record: the same bytes may be good a minute later. So
 * this is not a dead letter; whoever reads waits and decodes the record again, or stops.
 */
public final class RegistryUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RegistryUnavailableException(String message) {
        super(message);
    }

    public RegistryUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
