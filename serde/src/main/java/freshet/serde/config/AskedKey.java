package freshet.serde.config;

import java.util.List;

/**
 * What a reader asked of one key: all of them together are the grammar of a configuration, as the code knows it.
 *
 * @param path of the key; {@code []} stands for any element of a list, {@code *} for any key of a map whose keys are names
 * @param place of the node that was asked, with the numbers of elements
 * @param kind of value
 * @param byDefault what counts where the key is absent, as text; empty where that is nothing, or the key must be there
 * @param counts what counts in this file: the value at the key where it is there and is one, else the default
 * @param least smallest number
 * @param most largest number
 * @param words that are allowed, for {@link Kind#WORD}
 */
public record AskedKey(
        List<String> path,
        String place,
        Kind kind,
        String byDefault,
        String counts,
        double least,
        double most,
        List<String> words) {

    /** Kinds of values. */
    public enum Kind {
        /** Whatever there is: it was only asked whether it is there. */
        ANY,
        TEXT,
        /** Text without which the file is refused. */
        NEEDED_TEXT,
        TEXTS,
        TEXT_LISTS,
        INTEGER,
        INTEGERS,
        NUMBER,
        FLAG,
        DURATION,
        WORD,
        OBJECT,
        OBJECTS
    }

    public AskedKey {
        path = List.copyOf(path);
        words = List.copyOf(words);
    }
}
