package freshet.jobs.cli;

import java.util.ArrayList;
import java.util.List;

/** Takes the little of a shell's language that the documentation uses apart, into commands of words. */
final class ShellWords {
    private ShellWords() {}

    /**
     * The commands of a text, each as its words: what stands between line ends, {@code |}, {@code ||}, {@code &&}, {@code ;} and
     * {@code &}, without comments, redirections and quotes.
     */
    static List<List<String>> commands(String text) {
        List<List<String>> commands = new ArrayList<>();
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean isWord = false;
        String script = text.replace("\\\n", " ") + "\n";
        for (int i = 0; i < script.length(); i++) {
            char c = script.charAt(i);
            if (c == '\'' || c == '"') {
                int end = script.indexOf(c, i + 1);
                word.append(script, i + 1, end);
                isWord = true;
                i = end;
            } else if (c == '#' && !isWord) {
                i = script.indexOf('\n', i) - 1;
            } else if (Character.isWhitespace(c) || c == '|' || c == ';' || c == '&') {
                if (isWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    isWord = false;
                }
                if (c != ' ' && c != '\t' && !words.isEmpty()) {
                    commands.add(withoutRedirections(words));
                    words = new ArrayList<>();
                }
            } else {
                word.append(c);
                isWord = true;
            }
        }
        return commands;
    }

    private static List<String> withoutRedirections(List<String> words) {
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            if (words.get(i).equals(">") || words.get(i).equals("<")) {
                i++;
            } else {
                kept.add(words.get(i));
            }
        }
        return kept;
    }
}
