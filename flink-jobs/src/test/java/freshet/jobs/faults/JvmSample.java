package freshet.jobs.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a JVM of ours holds, asked with the JDK's own tools.
 *
 * @param heapMebibytes in use just after a full collection
 * @param metaspaceMebibytes in use
 * @param rssMebibytes resident, as the kernel counts
 * @param threads as the kernel counts
 * @param classes loaded
 * @param openFiles of every kind, sockets among them
 */
record JvmSample(
        double heapMebibytes, double metaspaceMebibytes, double rssMebibytes, int threads, int classes, int openFiles) {
    private static final double KIBIBYTES = 1024;

    /**
     * Collects the garbage of a process, then counts.
     *
     * @throws IOException when it has ended, or does not answer
     */
    static JvmSample afterCollectionOf(long pid) throws IOException, InterruptedException {
        tool("jcmd", "" + pid, "GC.run");
        List<String> lines = tool("jstat", "-gc", "" + pid).lines().toList();
        String[] names = lines.get(0).strip().split(" +");
        String[] values = lines.get(1).strip().split(" +");
        double heap = 0;
        double metaspace = 0;
        for (int i = 0; i < names.length; i++) {
            switch (names[i]) {
                case "S0U", "S1U", "EU", "OU" -> heap += number(values[i]);
                case "MU" -> metaspace = number(values[i]);
                default -> {} // sizes and times
            }
        }
        String[] loaded = tool("jstat", "-class", "" + pid)
                .lines()
                .toList()
                .get(1)
                .strip()
                .split(" +");
        return new JvmSample(
                heap / KIBIBYTES,
                metaspace / KIBIBYTES,
                status(pid, "VmRSS:") / KIBIBYTES,
                (int) status(pid, "Threads:"),
                Integer.parseInt(loaded[0]) - Integer.parseInt(loaded[2]),
                openFiles(pid));
    }

    private static int openFiles(long pid) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return (int) files.count();
        }
    }

    /** A collector without such a space prints a dash. */
    private static double number(String value) {
        return value.equals("-") ? 0 : Double.parseDouble(value);
    }

    private static double status(long pid, String name) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith(name)) {
                return Double.parseDouble(
                        line.substring(name.length()).replace("kB", "").strip());
            }
        }
        throw new IOException("no " + name + " of process " + pid);
    }

    private static String tool(String name, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", name).toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
        return said;
    }
}
