package freshet.serde.mapping;

import freshet.serde.config.ConfigNode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A condition for records that are not events: {@code {path: type, is: [heartbeat, test]}}, {@code {path: type, is_not: view}} or
 * {@code {path: video, missing: true}}. Values are compared as text; what is absent is none of them.
 *
 * @param words the texts to compare with
 * @param negated whether the record is skipped when the value is none of the words
 */
record SkipRule(FieldPath path, List<String> words, boolean negated) {

    static Optional<SkipRule> read(ConfigNode node) {
        Optional<FieldPath> path = FieldPath.parse(node.string("path"));
        if (path.isEmpty()) {
            node.problem("path", "expected names with dots between them, such as context.page, or items[0].id");
            return Optional.empty();
        }
        List<String> is = node.strings("is");
        List<String> isNot = node.strings("is_not");
        boolean missing = node.flag("missing", false);
        int given = (is.isEmpty() ? 0 : 1) + (isNot.isEmpty() ? 0 : 1) + (missing ? 1 : 0);
        if (given != 1) {
            node.problem("is", "found " + given + " of is, is_not and missing; expected one of them");
            return Optional.empty();
        }
        // Missing is "none of the words, absent included" without any word.
        return Optional.of(new SkipRule(path.get(), is.isEmpty() ? isNot : is, is.isEmpty()));
    }

    boolean holds(Object record) {
        Object value = path.find(record);
        if (words.isEmpty()) {
            return value == null;
        }
        return negated != isOneOf(value);
    }

    private boolean isOneOf(@Nullable Object value) {
        return value != null && words.contains(value.toString());
    }

    /** For counting: the same for the same configuration. */
    String inWords() {
        return words.isEmpty() ? path.text() + " missing" : path.text() + (negated ? " is not " : " is ") + words;
    }
}
