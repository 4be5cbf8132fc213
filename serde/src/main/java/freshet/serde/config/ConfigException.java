package freshet.serde.config;

import java.util.List;

/** A configuration with mistakes: all of them, each with its path, what was found and what is allowed. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final List<String> problems;

    public ConfigException(String source, List<String> problems) {
        super("configuration " + source + " has " + problems.size()
                + (problems.size() == 1 ? " mistake:" : " mistakes:") + "\n  - " + String.join("\n  - ", problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
