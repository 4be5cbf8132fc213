package freshet.jobs.doctor;

import java.util.function.Function;

/** The answer to one question; the others go on without it. */
sealed interface Answer<T> {

    /** What was asked for. */
    record Known<T>(T value) implements Answer<T> {}

    /**
     * It could not be had.
     *
     * @param reason in words
     */
    record Unknown<T>(String reason) implements Answer<T> {}

    /** The same with what was asked for made into something else. */
    default <U> Answer<U> map(Function<T, U> change) {
        return this instanceof Known<T> known
                ? new Known<>(change.apply(known.value()))
                : new Unknown<>(((Unknown<T>) this).reason());
    }
}
