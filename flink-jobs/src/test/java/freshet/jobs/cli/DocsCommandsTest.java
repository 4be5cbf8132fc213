package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import freshet.jobs.cli.MarkdownPage.Fence;
import freshet.jobs.config.FreshetConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What the pages for users say is of this build: every command is one that the command line takes, every link leads somewhere, every
 * configuration can be read. That the commands also work is for {@link DocsRunTest}.
 */
class DocsCommandsTest {
    static final Path ROOT = Path.of("..");

    /** What no test runs, and why. A block that calls one of these says so: {@code ```sh not-run}. */
    private static final Map<String, String> REFUSED = Map.of(
            "flink", "Flink's own command is no Maven artifact; SavepointUpgradeTest does the same over REST",
            "mvn", "a build within a build; .ci/run calls it");

    /** Of a shell, and of every machine. */
    private static final Set<String> COMMON =
            Set.of("cp", "cd", "sed", "gzip", "sleep", "mkdir", "chmod", "test", "export", "tar", "cat", "openssl");

    static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(
                ROOT.resolve("README.md"), ROOT.resolve("deploy/README.md"), ROOT.resolve("deploy/runbook.md")));
        try (Stream<Path> guide = Files.list(ROOT.resolve("deploy/guide"))) {
            guide.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
        }
        return pages;
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandIsTakenByTheCommandLine(Path file) throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Fence fence : MarkdownPage.read(file).fences()) {
            for (List<String> command :
                    fence.mayBeShell() ? ShellWords.commands(fence.text()) : List.<List<String>>of()) {
                if (isOurs(command.get(0))) {
                    String problem = problemOf(command, true);
                    if (!problem.isEmpty()) {
                        wrong.add("line " + fence.line() + ": " + String.join(" ", command) + ": " + problem);
                    }
                }
            }
        }

        assertThat(wrong).isEmpty();
    }

    /** In running text a command need not be whole, but what it says must be known. */
    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandInTheTextIsKnown(Path file) throws IOException {
        List<String> wrong = new ArrayList<>();
        for (String code : MarkdownPage.read(file).code()) {
            // Some forms stand for several: freshet snapshot ls|show, run ... --from PATH.
            if (code.matches("(\\./)?freshet [^|\\[…]*") && !code.contains("...")) {
                String problem = problemOf(ShellWords.commands(code).get(0), false);
                if (!problem.isEmpty()) {
                    wrong.add(code + ": " + problem);
                }
            }
        }

        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyLinkLeadsSomewhere(Path file) throws IOException {
        MarkdownPage page = MarkdownPage.read(file);
        List<String> wrong = new ArrayList<>();
        for (String link : page.links()) {
            String path = link.replaceFirst("#.*", "");
            Path target = path.isEmpty() ? file : file.resolveSibling(path).normalize();
            if (!Files.exists(target)) {
                wrong.add(link + ": there is no " + target);
            } else if (link.contains("#")
                    && !MarkdownPage.read(target).anchors().contains(link.substring(link.indexOf('#') + 1))) {
                wrong.add(link + ": there is no such heading");
            }
        }

        assertThat(wrong).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyConfigurationCanBeRead(Path file) throws IOException {
        for (Fence fence : MarkdownPage.read(file).fences()) {
            if (fence.info().equals("yaml")) {
                JsonNode tree = YAMLMapper.builder().build().readTree(fence.text());
                if (tree.has("name") && tree.has("tasks")) {
                    FreshetConfig.parse(file + ", line " + fence.line(), fence.text());
                }
            }
        }
    }

    /** Files of the project that commands name. */
    @ParameterizedTest
    @MethodSource("pages")
    void everyFileThatACommandNamesIsThere(Path file) throws IOException {
        Set<String> missing = new TreeSet<>();
        for (Fence fence : MarkdownPage.read(file).fences()) {
            for (List<String> command :
                    fence.mayBeShell() ? ShellWords.commands(fence.text()) : List.<List<String>>of()) {
                command.stream()
                        .filter(word -> word.matches("(deploy|flink-jobs|model|serde|feature-store)/.*"))
                        .filter(word -> !word.contains("/target/"))
                        .filter(word -> !Files.exists(ROOT.resolve(word)))
                        .forEach(missing::add);
            }
        }

        assertThat(missing).isEmpty();
    }

    /** A block without the mark is run by {@link DocsRunTest}, so it may call only what is there. */
    @Test
    void whatCannotBeRunIsMarked() throws IOException {
        Set<String> met = new TreeSet<>();
        List<String> wrong = new ArrayList<>();
        for (Path file : pages()) {
            for (Fence fence : MarkdownPage.read(file).fences()) {
                if (!fence.isShell()) {
                    continue;
                }
                for (List<String> command : ShellWords.commands(fence.text())) {
                    String tool = command.get(0);
                    if (REFUSED.containsKey(tool)) {
                        met.add(tool);
                        if (!fence.info().equals("sh not-run")) {
                            wrong.add(file + ":" + fence.line() + ": " + tool + " is not run: " + REFUSED.get(tool));
                        }
                    } else if (!isOurs(tool) && !COMMON.contains(tool)) {
                        wrong.add(file + ":" + fence.line() + ": " + tool + " is not known to this test");
                    }
                }
            }
        }

        assertThat(wrong).isEmpty();
        assertThat(met).as("tools that some page calls and no test runs").isEqualTo(REFUSED.keySet());
    }

    @Test
    void anOptionThatIsNotThereIsSeen() {
        assertThat(problemOf(List.of("./freshet", "check", "--config", "my.yaml", "--fille-only"), true))
                .contains("--fille-only");
        assertThat(problemOf(List.of("./freshet", "chekc"), false)).contains("chekc");
        assertThat(problemOf(List.of("./freshet", "check"), true)).contains("--config");
        assertThat(problemOf(List.of("./freshet", "check"), false)).isEmpty();
    }

    private static boolean isOurs(String tool) {
        return tool.equals("./freshet") || tool.equals("freshet");
    }

    private static String problemOf(List<String> command, boolean mustBeWhole) {
        CommandLine freshet = Main.commandLine();
        String[] arguments = command.subList(1, command.size()).toArray(String[]::new);
        try {
            freshet.parseArgs(arguments);
        } catch (UnmatchedArgumentException e) {
            return String.valueOf(e.getMessage());
        } catch (ParameterException e) {
            return mustBeWhole ? String.valueOf(e.getMessage()) : "";
        }
        return "";
    }
}
