package freshet.jobs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A folder with what npm installs for a {@code package.json} of ours, in which a test runs programs that are not Java. */
public final class NodeProject {
    private static final int PATIENCE_MINUTES = 5;

    private final Path folder;

    private NodeProject(Path folder) {
        this.folder = folder;
    }

    /**
     * Copies files to a folder and installs what their {@code package-lock.json} names.
     *
     * @throws IOException if npm is not there or fails; the message has what it printed
     */
    public static NodeProject install(Path sources, List<String> files, Path folder)
            throws IOException, InterruptedException {
        Files.createDirectories(folder);
        for (String file : files) {
            Files.copy(sources.resolve(file), folder.resolve(file));
        }
        NodeProject project = new NodeProject(folder);
        // Scripts of packages fetch what is not needed here, from places that may not be reached.
        Run run = project.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        if (run.exitCode() != 0) {
            throw new IOException("npm ci in " + folder + " failed: " + run);
        }
        return project;
    }

    /** Runs a command in the folder, for some minutes at most. */
    public Run run(String... command) throws IOException, InterruptedException {
        Path output = folder.resolve(command[0] + ".out");
        Path errors = folder.resolve(command[0] + ".err");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
        }
        return new Run(
                process.waitFor(),
                Files.readString(output, StandardCharsets.UTF_8),
                Files.readString(errors, StandardCharsets.UTF_8));
    }

    /** What a command said on both its streams. */
    public record Run(int exitCode, String output, String errors) {}
}
