package freshet.jobs.cli;

import freshet.jobs.config.ConfigGrammar;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet schema}: what a configuration may say. */
@Command(
        name = "schema",
        description = {
            "Prints the JSON Schema of configurations, for editors that complete and check YAML. It is made from the readers; what it takes"
                    + " is not all right: freshet check knows how keys depend on one another."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SchemaCommand implements Callable<Integer> {
    @Option(names = "--page", description = "Print a page for people instead, in Markdown.")
    private boolean page;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        ConfigGrammar grammar = ConfigGrammar.ofReaders();
        spec.commandLine().getOut().print(page ? grammar.page() : grammar.schema());
        spec.commandLine().getOut().flush();
        return 0;
    }
}
