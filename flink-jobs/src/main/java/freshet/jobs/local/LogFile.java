package freshet.jobs.local;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.logging.log4j.core.config.Configurator;

/** Sends the logs of this process to a file, where the dashboard finds them too. Call before anything is logged. */
public final class LogFile {
    /** The system property that Flink's dashboard asks for the file to show. */
    private static final String FLINK_PROPERTY = "log.file";

    private LogFile() {}

    /** Logs go here from now on, and no longer to standard error; a file that is there begins anew. */
    public static void use(Path file) throws IOException {
        Path absolute = file.toAbsolutePath();
        Files.createDirectories(absolute.resolve("..").normalize());
        Files.deleteIfExists(absolute);
        System.setProperty(FLINK_PROPERTY, absolute.toString());
        URI configuration = configuration();
        // Flink loads its RPC system in a class loader of its own, for which log4j configures itself anew.
        System.setProperty("log4j2.configurationFile", configuration.toString());
        Configurator.reconfigure(configuration);
    }

    private static URI configuration() {
        URL resource = LogFile.class.getClassLoader().getResource("log4j2-file.properties");
        if (resource == null) {
            throw new IllegalStateException("logging: log4j2-file.properties is not on the class path");
        }
        try {
            return resource.toURI();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("logging: cannot read " + resource, e);
        }
    }
}
