package freshet.model.http;

/** A request that is answered with an error: what was found in it and what was expected, for whoever sent it. */
public final class RequestException extends RuntimeException {
    private static final long serialVersionUID = 1;

    static final int BAD_REQUEST = 400;
    static final int NOT_FOUND = 404;
    static final int METHOD_NOT_ALLOWED = 405;
    static final int TOO_LARGE = 413;
    static final int FAILED = 500;
    static final int NOT_NOW = 503;

    private final int status;

    RequestException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** A request that is wrong in itself (status 400). */
    public static RequestException bad(String message) {
        return new RequestException(BAD_REQUEST, message);
    }

    /** HTTP's status code. */
    public int status() {
        return status;
    }
}
