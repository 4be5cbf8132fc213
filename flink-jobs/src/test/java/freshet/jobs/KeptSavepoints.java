package freshet.jobs;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Savepoints that were written once and are kept with the tests, so that what is released next is known to go on from them. When what
 * they hold is changed on purpose, beyond what can be read of old, {@code -Dfreshet.savepoint=FOLDER} has the tests that use them write
 * others, to be put in their place.
 */
public final class KeptSavepoints {
    /** Where to write others. */
    private static final String PLACE = "freshet.savepoint";

    private static final String RELEASE = "/freshet/jobs/savepoint/0.1.0/";

    private KeptSavepoints() {}

    /** The folder of the one of a job, as a URI. */
    public static String of(String job) throws URISyntaxException {
        String folder = RELEASE + job;
        return Objects.requireNonNull(KeptSavepoints.class.getResource(folder), folder)
                .toURI()
                .toString();
    }

    /** Copies one to where {@link #PLACE} says; does nothing if that says nothing. */
    public static void keep(String savepoint, String job) throws IOException {
        String place = System.getProperty(PLACE);
        if (place != null) {
            Path to = Files.createDirectories(Path.of(place, job));
            try (Stream<Path> files = Files.list(Path.of(URI.create(savepoint)))) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Files.copy(file, to.resolve(file.getFileName().toString()));
                }
            }
        }
    }
}
