package freshet.jobs.faults;

import freshet.jobs.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A call of the {@code freshet} command in a process of its own, that has ended.
 *
 * @param exitCode as documented
 * @param out what it wrote to standard output
 * @param err what it said to people
 */
record FreshetProcess(int exitCode, String out, String err) {

    /**
     * Calls it and waits.
     *
     * @param logs where its outputs stay
     */
    static FreshetProcess run(Path logs, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        Files.createDirectories(logs);
        Path out = Files.createTempFile(logs, "freshet-" + arguments[0] + "-", ".out");
        Path err = Files.createTempFile(logs, "freshet-" + arguments[0] + "-", ".err");
        int exitCode = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start()
                .waitFor();
        return new FreshetProcess(exitCode, Files.readString(out), Files.readString(err));
    }
}
