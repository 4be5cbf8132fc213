package freshet.model.spec;

import freshet.serde.config.ConfigNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The {@code tables:} of a model: a list of rules, each with the {@code name} of a table, in which {@code *} stands for any
 * letters, and the {@link RowLife} of every table it names. The first rule that names a table counts.
 */
final class TableRules {
    private TableRules() {}

    /** The same tables, each with its life; a rule that names none is noted on its node. */
    static List<TableSpec> apply(List<ConfigNode> rules, List<TableSpec> tables) {
        List<TableSpec> ruled = new ArrayList<>(tables);
        boolean[] done = new boolean[tables.size()];
        for (ConfigNode rule : rules) {
            String name = rule.string("name");
            RowLife life = RowLife.read(rule);
            Pattern pattern = Pattern.compile(Pattern.quote(name).replace("*", "\\E.*\\Q"));
            boolean names = false;
            for (int table = 0; table < done.length; table++) {
                if (pattern.matcher(tables.get(table).name()).matches()) {
                    names = true;
                    if (!done[table]) {
                        ruled.set(table, tables.get(table).withLife(life));
                        done[table] = true;
                    }
                }
            }
            if (!names && !name.isEmpty()) {
                rule.problem(
                        "name",
                        "found '" + name + "', expected one of "
                                + String.join(
                                        ", ",
                                        tables.stream().map(TableSpec::name).toList())
                                + ", or a pattern such as embedding.*");
            }
        }
        return ruled;
    }
}
