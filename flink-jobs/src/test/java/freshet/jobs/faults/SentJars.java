package freshet.jobs.faults;

import freshet.jobs.local.JobJars;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The jars that {@code freshet run} sends, found on the class path of the test; our own modules may lie there as folders.
 *
 * @param ofAll those of the examples job and the train job
 * @param ofGate those of the gate
 */
record SentJars(List<String> ofAll, List<String> ofGate) {
    private static final String OF_JOBS = "flink-jobs-";

    /** Whether a file is one that is sent with every job. */
    static boolean isOfJobs(Path jar) {
        String name = jar.getFileName().toString();
        return name.startsWith(OF_JOBS) || JobJars.areNeeded(name);
    }

    /**
     * Looks for them.
     *
     * @param folder for jars of our modules that are not packed yet
     */
    static SentJars pack(Path folder) throws IOException {
        List<String> ofAll = new ArrayList<>();
        List<String> ofGate = new ArrayList<>();
        for (String place : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(place);
            String name = path.getFileName().toString();
            boolean isFolder = name.equals("classes");
            if (isFolder || name.startsWith(OF_JOBS) || JobJars.areNeeded(name)) {
                ofAll.add(isFolder ? packed(path, folder).toString() : place);
            } else if (JobJars.areNeededByGate(name)) {
                ofGate.add(place);
            }
        }
        ofGate.addAll(ofAll);
        return new SentJars(ofAll, ofGate);
    }

    private static Path packed(Path classes, Path folder) throws IOException {
        Path jar = Files.createTempFile(folder, "sent-", ".jar");
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            files.filter(Files::isRegularFile).forEach(file -> {
                try {
                    entries.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                    Files.copy(file, entries);
                } catch (IOException e) {
                    throw new UncheckedIOException("packing " + file, e);
                }
            });
        }
        return jar;
    }
}
