package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script at the root, in a project of empty folders, with a {@code java} and a {@code mvn} that only talk. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final String JDK_17 = "java.base@17.0.15\njdk.compiler@17.0.15\njdk.incubator.vector@17.0.15";

    @TempDir
    Path temp;

    Path project;
    Path bin;

    record Run(int exitCode, String out, String err) {}

    @BeforeEach
    void makeProject() throws IOException {
        project = Files.createDirectories(temp.resolve("a project with blanks"));
        bin = Files.createDirectories(temp.resolve("bin"));
        Files.copy(rootOfTheBuild().resolve("freshet"), project.resolve("freshet"));
        Files.writeString(project.resolve("pom.xml"), "");
        for (String module : List.of("serde", "feature-store", "model", "flink-jobs")) {
            Files.createDirectories(project.resolve(module).resolve("src/main"));
            Files.writeString(project.resolve(module).resolve("pom.xml"), "");
        }
        java(JDK_17);
        script("mvn", "echo built >> mvn.log; mkdir -p flink-jobs/target/lib");
    }

    @Test
    void buildsOnceThenOnlyRuns() throws Exception {
        Run first = freshet("import", "a file");
        Run second = freshet("import", "a file");

        assertThat(first.err()).contains("building, first time takes a minute or two");
        assertThat(second.err()).isEmpty();
        assertThat(second.out()).contains("freshet.jobs.cli.Main").endsWith("[import][a file]\n");
        assertThat(project.resolve("mvn.log")).hasContent("built");
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        freshet();
        FileTime later = FileTime.fromMillis(System.currentTimeMillis() + 60_000);
        Files.setLastModifiedTime(Files.writeString(project.resolve("model/src/main/New.java"), "class New {}"), later);
        freshet();

        assertThat(project.resolve("mvn.log")).hasContent("built\nbuilt");
    }

    @Test
    void exitCodeOfTheCommandIsItsOwn() throws Exception {
        script("java", answer(JDK_17) + "exit 1");

        assertThat(freshet("check").exitCode()).isEqualTo(1);
    }

    @Test
    void failedBuildIsSaidAndTriedAgain() throws Exception {
        script("mvn", "echo 'no such symbol'; exit 1");

        Run run = freshet();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("no such symbol", "the build failed");
        assertThat(project.resolve("flink-jobs/target/freshet.built")).doesNotExist();
    }

    @Test
    void inAReleaseItOnlyRuns() throws Exception {
        Files.delete(project.resolve("pom.xml"));

        Run run = freshet("check");

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("[" + project + "/flink-jobs-0.1.0.jar:" + project + "/lib/*]");
        assertThat(project.resolve("mvn.log")).doesNotExist();
    }

    @Test
    void oldJavaIsSaid() throws Exception {
        java("java.base@11.0.2\njdk.compiler@11.0.2");

        Run run = freshet();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("expected a JDK 17 or newer; set JAVA_HOME to one");
    }

    @Test
    void javaWithoutACompilerCannotBuild() throws Exception {
        java("java.base@17.0.15");

        assertThat(freshet().err()).contains("found a Java runtime without a compiler");
    }

    @Test
    void javaHomeWithoutJavaIsSaid() throws Exception {
        Run run = run(Map.of("JAVA_HOME", "/nowhere"), List.of());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("JAVA_HOME is /nowhere");
    }

    @Test
    void onlyCommandsThatLearnGetTheIncubatingModule() throws Exception {
        freshet();

        assertThat(freshet("demo").out()).contains("--add-modules=jdk.incubator.vector");
        assertThat(freshet("import").out()).doesNotContain("--add-modules");
    }

    private Run freshet(String... arguments) throws Exception {
        return run(Map.of(), List.of(arguments));
    }

    private Run run(Map<String, String> environment, List<String> arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("bash", project.resolve("freshet").toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(temp.toFile());
        builder.environment().remove("JAVA_HOME");
        builder.environment().remove("JAVA_OPTS");
        builder.environment().put("PATH", bin + ":" + System.getenv("PATH"));
        builder.environment().putAll(environment);
        Path err = temp.resolve("err.txt");
        Process process = builder.redirectError(err.toFile()).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), out, Files.readString(err));
    }

    /** A java that lists these modules, and otherwise prints its arguments, each in brackets. */
    private void java(String modules) throws IOException {
        script("java", answer(modules) + "printf '[%s]' \"$@\"; echo");
    }

    private static String answer(String modules) {
        return "if [[ \"$1\" == --list-modules ]]; then echo '" + modules + "'; exit; fi\n";
    }

    private void script(String name, String body) throws IOException {
        Path file = Files.writeString(bin.resolve(name), "#!/usr/bin/env bash\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Tests run in the module's folder, or in the root when an editor runs them. */
    private static Path rootOfTheBuild() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("freshet")) ? here : here.resolve("..").normalize();
    }
}
