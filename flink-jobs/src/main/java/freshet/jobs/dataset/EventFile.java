package freshet.jobs.dataset;

import freshet.serde.event.Event;
import freshet.serde.event.Video;
import freshet.serde.wire.EventJson;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/**
 * A gzip file of events, one JSON object a line, in the order they are written: the files that {@code freshet replay} reads.
 * The gzip header carries no time, so the same events give the same bytes. Not thread-safe.
 */
public final class EventFile implements AutoCloseable {
    /** Impressions of a folder of events. */
    public static final String IMPRESSIONS = "impressions.jsonl.gz";
    /** Feedback of a folder of events. */
    public static final String FEEDBACK = "feedback.jsonl.gz";
    /** Histories from before the stream; a folder of events need not have it. */
    public static final String HISTORY = "history.jsonl.gz";

    /** What is known of each video, for a warm start; a folder of events need not have it. */
    public static final String VIDEOS = "videos.jsonl.gz";

    private final Writer writer;
    private long count;

    /** Creates the file, or replaces the one that is there. */
    public EventFile(Path path) throws IOException {
        writer = new BufferedWriter(
                new OutputStreamWriter(
                        new GZIPOutputStream(Files.newOutputStream(path), 1 << 16), StandardCharsets.UTF_8),
                1 << 16);
    }

    public void write(Event event) throws IOException {
        line(EventJson.toJson(event));
    }

    public void write(Video video) throws IOException {
        line(EventJson.toJson(video));
    }

    private void line(String json) throws IOException {
        writer.write(json);
        writer.write('\n');
        count++;
    }

    /** How many lines were written. */
    public long count() {
        return count;
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
