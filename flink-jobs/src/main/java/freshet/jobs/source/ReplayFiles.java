package freshet.jobs.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * The event files of a replay: {@code impressions.jsonl}, {@code feedback.jsonl} and, where there is one,
 * {@code history.jsonl} in one folder, each plain or with {@code .gz}.
 */
public final class ReplayFiles {
    private static final int GZIP_BUFFER_BYTES = 1 << 16;

    private final Map<EventStream, Path> files;

    private ReplayFiles(Map<EventStream, Path> files) {
        this.files = files;
    }

    /**
     * The files in a folder.
     *
     * @throws IllegalArgumentException naming everything that is missing or there twice
     */
    public static ReplayFiles in(Path folder) {
        Map<EventStream, Path> files = new EnumMap<>(EventStream.class);
        List<String> problems = new ArrayList<>();
        for (EventStream stream : EventStream.values()) {
            Path plain = folder.resolve(stream.label() + ".jsonl");
            Path zipped = folder.resolve(stream.label() + ".jsonl.gz");
            if (Files.exists(plain) && Files.exists(zipped)) {
                problems.add("found both " + plain.getFileName() + " and " + zipped.getFileName() + ", expected one");
            } else if (Files.exists(plain)) {
                files.put(stream, plain);
            } else if (Files.exists(zipped)) {
                files.put(stream, zipped);
            } else if (stream != EventStream.HISTORY) {
                problems.add("found no " + plain.getFileName() + " and no " + zipped.getFileName());
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    "looking for events in " + folder.toAbsolutePath() + ": " + String.join("; ", problems));
        }
        return new ReplayFiles(files);
    }

    Optional<Path> file(EventStream stream) {
        return Optional.ofNullable(files.get(stream));
    }

    /** The unzipped bytes of a file. */
    static InputStream open(Path file) throws IOException {
        InputStream in = Files.newInputStream(file);
        try {
            return file.toString().endsWith(".gz") ? new GZIPInputStream(in, GZIP_BUFFER_BYTES) : in;
        } catch (IOException e) {
            in.close();
            throw new IOException("reading " + file + ": found no gzip file, expected one because of its name", e);
        }
    }
}
