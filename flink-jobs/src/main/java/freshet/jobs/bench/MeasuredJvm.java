package freshet.jobs.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A JVM of its own for one measurement, with the class path and flags of this one: so that what one variant compiled, cached
 * or left as garbage does not help or hinder the next. Its errors go to our standard error.
 */
final class MeasuredJvm {
    private MeasuredJvm() {}

    /**
     * Runs a class to its end.
     *
     * @return the last line that it printed
     * @throws IOException when it fails
     */
    static String run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // A TaskManager has its whole heap from the start; one that grows is collected in full on its way.
        command.add("-Xms" + Runtime.getRuntime().maxMemory());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Thread atExit = new Thread(process::destroyForcibly, "stop what is being measured");
        Runtime.getRuntime().addShutdownHook(atExit);
        String last = "";
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
            }
        }
        int status = process.waitFor();
        Runtime.getRuntime().removeShutdownHook(atExit);
        if (status != 0) {
            throw new IOException("measuring " + main.getSimpleName() + " " + String.join(" ", arguments)
                    + ": found exit status " + status + ", expected 0; its errors are above");
        }
        return last;
    }
}
