package freshet.jobs.warm;

import freshet.features.extract.FeatureExtractor;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Video;
import freshet.serde.example.LabeledExample;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.EventJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * The files of a warm start: in one folder {@code history.jsonl} (see {@link HistorySeed}) and {@code videos.jsonl} (see
 * {@link Video}), each plain or with {@code .gz}. The folder may be of any file system that Flink reads. One thread.
 */
public final class WarmStart {
    private static final String HISTORY = "history.jsonl";
    private static final String VIDEOS = "videos.jsonl";

    private final Path folder;
    private final FreshetConfig config;

    public WarmStart(String folder, FreshetConfig config) {
        this.folder = new Path(folder);
        this.config = config;
    }

    /** Whether a folder has what a warm start takes; a replay starts warm where its events have it. */
    public static boolean isIn(java.nio.file.Path folder) {
        return hasFile(folder, HISTORY) && hasFile(folder, VIDEOS);
    }

    private static boolean hasFile(java.nio.file.Path folder, String name) {
        return folder.resolve(name).toFile().isFile()
                || folder.resolve(name + ".gz").toFile().isFile();
    }

    /**
     * Hands over every example, in the order of the lines of histories, in batches as large as the model's.
     *
     * @return how many there were
     * @throws IOException when a file is not there or a line of it cannot be used: nobody could say later what such a model
     *     has learnt
     */
    public long forEachBatch(Consumer<List<LabeledExample>> learner) throws IOException {
        PastExamples past =
                new PastExamples(config.join().tasks(), new FeatureExtractor(config.features()), catalogue());
        int batchSize = config.model().batchSize();
        List<LabeledExample> waiting = new ArrayList<>();
        long[] count = {0};
        forEachLine(HISTORY, EventJson::history, seed -> {
            for (LabeledExample example : past.of(seed)) {
                waiting.add(example);
                if (waiting.size() == batchSize) {
                    learner.accept(List.copyOf(waiting));
                    count[0] += waiting.size();
                    waiting.clear();
                }
            }
        });
        if (!waiting.isEmpty()) {
            learner.accept(waiting);
            count[0] += waiting.size();
        }
        return count[0];
    }

    private Map<String, Video> catalogue() throws IOException {
        Map<String, Video> videos = new HashMap<>();
        forEachLine(VIDEOS, EventJson::video, video -> videos.put(video.videoId(), video));
        return videos;
    }

    private <T> void forEachLine(String name, Function<String, Decoded<T>> decoder, Consumer<T> receiver)
            throws IOException {
        Path file = file(name);
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8))) {
            long number = 1;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (decoder.apply(line) instanceof Decoded.Value<T> value) {
                    receiver.accept(value.value());
                } else {
                    Decoded.Bad<T> bad = (Decoded.Bad<T>) decoder.apply(line);
                    throw new IOException("warm start: line " + number + " of " + file + " cannot be used, "
                            + bad.detail() + "; mend it, remove it, or start without warm start");
                }
                number++;
            }
        }
    }

    private Path file(String name) throws IOException {
        FileSystem files = folder.getFileSystem();
        Path plain = new Path(folder, name);
        Path zipped = new Path(folder, name + ".gz");
        if (files.exists(plain)) {
            return plain;
        }
        if (!files.exists(zipped)) {
            throw new IOException("warm start: found neither " + plain + " nor " + zipped.getName()
                    + ", expected one of them, where every TaskManager can read it");
        }
        return zipped;
    }

    private static InputStream open(Path file) throws IOException {
        InputStream in = file.getFileSystem().open(file);
        return file.getName().endsWith(".gz") ? new GZIPInputStream(in, 1 << 16) : in;
    }
}
