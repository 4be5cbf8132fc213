package freshet.jobs.faults;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** JVMs of their own on the class path of the test, for tests to kill. Stateless. */
final class JavaProcess {
    private static final int CONNECT_MILLIS = 500;

    private JavaProcess() {}

    /**
     * Starts one on our class path.
     *
     * @param logs gets {@code <name>.log}, and {@code <name>.out} with what it prints
     * @param environment variables that it has besides ours
     * @param options for the JVM, such as its heap
     */
    static Process start(
            Path logs,
            String name,
            Map<String, String> environment,
            List<String> options,
            String mainClass,
            List<String> arguments)
            throws IOException {
        return start(logs, name, environment, options, System.getProperty("java.class.path"), mainClass, arguments);
    }

    /** Starts one as {@link #start(Path, String, Map, List, String, List)} does, on a class path of its own. */
    static Process start(
            Path logs,
            String name,
            Map<String, String> environment,
            List<String> options,
            String classPath,
            String mainClass,
            List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-XX:TieredStopAtLevel=1", // short-lived: compile fast rather than well
                "-Dlog.file=" + logs.resolve(name + ".log"),
                "-Dlog4j2.configurationFile=" + JavaProcess.class.getResource("/log4j2-file.properties"),
                "-cp",
                classPath,
                mainClass));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(logs.resolve(name + ".out").toFile());
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Whether somebody listens on a port of this machine. */
    static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), CONNECT_MILLIS);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }
}
