package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.cli.MarkdownPage.Fence;
import freshet.jobs.local.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The pages of the guide, run from top to bottom as a reader types them: every block {@code sh} of a page is one script, in an empty
 * folder with the launcher and {@code deploy}, real processes and a real broker. Only the ports are others, since those of the pages
 * may be taken.
 */
@Tag("faults")
class DocsRunTest {
    private static final int MINUTES_OF_PATIENCE = 15;

    /** Pages without a block that is run here, and what runs their commands. */
    private static final Map<String, String> ELSEWHERE = Map.of(
            "README.md", "demo: quickstart.md; replay and import: ReplayJobTest, KuaiRandImporterTest",
            "runbook.md", "speaks of a deployment that is in trouble; its commands are parsed",
            "concepts.md", "no commands",
            "capacity.md", "benchmarks; its commands are parsed");

    @TempDir
    Path folder;

    private final int dashboard = Machine.freePort();
    private final int broker = Machine.freePort();

    static List<Path> pages() throws IOException {
        return DocsCommandsTest.pages().stream().filter(DocsRunTest::hasScript).toList();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandOfThePageWorks(Path page) throws Exception {
        makeProject();
        Path log = folder.resolve("log.txt");

        Process process = new ProcessBuilder("bash", "-euxo", "pipefail", "-c", script(page))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        boolean ended = process.waitFor(MINUTES_OF_PATIENCE, TimeUnit.MINUTES);
        process.destroyForcibly().waitFor();

        assertThat(ended && process.exitValue() == 0)
                .as(() -> page + " does not work:\n" + read(log))
                .isTrue();
    }

    @Test
    void everyPageIsRunOrSaysWhatRunsIt() throws IOException {
        TreeSet<String> others = new TreeSet<>();
        for (Path page : DocsCommandsTest.pages()) {
            if (!hasScript(page)) {
                others.add(page.getFileName().toString());
            }
        }

        assertThat(others).isEqualTo(new TreeSet<>(ELSEWHERE.keySet()));
    }

    /** Whatever a page that failed has left running. */
    @AfterEach
    void stopCluster() throws Exception {
        if (Files.exists(folder.resolve("freshet-cluster"))) {
            new ProcessBuilder("bash", "-c", "./freshet cluster stop")
                    .directory(folder.toFile())
                    .inheritIO()
                    .start()
                    .waitFor();
        }
    }

    private static boolean hasScript(Path page) {
        try {
            return MarkdownPage.read(page).fences().stream()
                    .anyMatch(fence -> fence.info().equals("sh"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String script(Path page) throws IOException {
        return withPorts(MarkdownPage.read(page).fences().stream()
                .filter(fence -> fence.info().equals("sh"))
                .map(Fence::text)
                .collect(Collectors.joining("\n")));
    }

    private String withPorts(String text) {
        return text.replace("9092", "" + broker);
    }

    /** A launcher that runs this build's classes, and a copy of {@code deploy}. */
    private void makeProject() throws IOException {
        Path source = DocsCommandsTest.ROOT.resolve("deploy");
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = folder.resolve("deploy").resolve(source.relativize(file));
                Files.createDirectories(copy.getParent());
                if (file.toString().endsWith(".yaml")) {
                    Files.writeString(copy, withPorts(Files.readString(file)));
                } else {
                    Files.copy(file, copy);
                }
            }
        }
        // On the class path by the environment: a long command line ends some native libraries.
        Path launcher = Files.writeString(folder.resolve("freshet"), """
                #!/usr/bin/env bash
                case "${1:-}" in
                  cluster) [[ "$2" == start ]] && set -- "$@" --port %1$d ;;
                  run) set -- "$@" --cluster http://127.0.0.1:%1$d ;;
                  recover) set -- "$@" --with=--cluster=http://127.0.0.1:%1$d ;;
                  demo) set -- "$@" --port 0 ;;
                esac
                export CLASSPATH='%2$s'
                exec '%3$s' -Xmx1g -XX:+UseParallelGC --add-modules=jdk.incubator.vector -Dfreshet.home='%4$s' freshet.jobs.cli.Main "$@"
                """.formatted(
                        dashboard,
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Path.of(System.getProperty("java.home"), "bin", "java"),
                        folder));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
