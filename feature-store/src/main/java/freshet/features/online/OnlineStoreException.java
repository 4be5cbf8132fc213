package freshet.features.online;

import org.jspecify.annotations.Nullable;

/** An online store's folder cannot be used; the message says what was found and what to do. */
public final class OnlineStoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OnlineStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
