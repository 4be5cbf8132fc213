package freshet.model.http;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Scores requests that are lines of text, where a server has more than tensors to make features from. Called on any thread. */
@FunctionalInterface
public interface LineRanking {
    /**
     * What came of some lines.
     *
     * @param candidates how many were scored
     * @param text the answer: a line for each
     */
    record Answer(int candidates, String text) {}

    /**
     * Scores.
     *
     * @param lines one candidate each
     * @param profile the fusion profile; null for the default
     * @throws RequestException when a line is none, or there is no such profile
     */
    Answer rank(List<String> lines, @Nullable String profile);
}
