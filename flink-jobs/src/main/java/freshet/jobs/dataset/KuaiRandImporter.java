package freshet.jobs.dataset;

import freshet.jobs.dataset.CsvFile.Row;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.event.Video;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * KuaiRand to events. The data set is a real short-video log: Gao et al., "KuaiRand: An Unbiased Sequential Recommendation
 * Dataset with Randomly Exposed Videos", CIKM 2022.
 *
 * <p>Every row of a log becomes one impression and its feedback; repeated rows too, under the same ids, because to
 * recognise them is the join's business. Files come out sorted by event time, rows of one time in the order of the input.
 * The log is held in memory, about 150 bytes a row. One thread; use once.
 */
public final class KuaiRandImporter {

    /** The {@link ImportSummary#source} of these events. */
    public static final String SOURCE = "kuairand";

    /** What is assumed where the data set says nothing; part of the summary and of the command's help. */
    public static final List<String> RULES = List.of(
            "a watch has the log's only second time: it ends at time_ms + play_time_ms, and is left out where that is 0",
            "click, long_view, like, follow, comment, share (is_forward), hide (is_hate) and profile_enter have no time of"
                    + " their own: they are put half-way into the watch, at time_ms + play_time_ms / 2,"
                    + " and at most 30 s after time_ms",
            "ids are <user>-<video>-<time_ms> for an impression and <impression>-<kind> for feedback, so that a repeated"
                    + " row keeps its ids; repeated rows are written as they are, the join drops them",
            "surface is tab; the log has no position and no request",
            "upload_dt is taken as midnight, UTC+8; duration_ms 0 is an unknown duration",
            "videos.jsonl.gz holds the columns of --videos, with video_duration as duration; with it and the histories a"
                    + " replay starts warm",
            "columns of --users and --videos become ids, counts become numbers, under their own names; is_rand 1 becomes"
                    + " the id is_rand",
            "not imported: date and hourmin (time_ms says it), profile_stay_time, comment_stay_time");

    private static final Set<String> USER_NUMBERS =
            Set.of("follow_user_num", "fans_user_num", "friend_user_num", "register_days");
    private static final Set<String> VIDEO_NUMBERS = Set.of("server_width", "server_height");
    private static final Set<String> VIDEO_FIELDS = Set.of("author_id", "upload_dt", "video_duration", "tag");

    private static final List<String> WARM_COLUMNS = List.of(
            "user_id",
            "history_len",
            "last_time_ms",
            "last50_video_ids",
            "last50_liked_video_ids",
            "last50_longwatched_video_ids");

    /** Kuaishou's own time zone, in which the data set's dates are. */
    private static final ZoneOffset DATES = ZoneOffset.ofHours(8);

    private final KuaiRandFiles files;
    private final BadRows bad;
    private final SideTable users = new SideTable("user_id", USER_NUMBERS, Set.of());
    private final SideTable videos = new SideTable("video_id", VIDEO_NUMBERS, VIDEO_FIELDS);
    private final Map<String, Long> rows = new LinkedHashMap<>();
    private final Map<String, Long> events = new LinkedHashMap<>();
    private final Map<String, Long> notes = new LinkedHashMap<>();

    /**
     * @param maxBadRows how many rows may be left out before the import gives up
     */
    public KuaiRandImporter(KuaiRandFiles files, long maxBadRows) {
        this.files = files;
        this.bad = new BadRows(maxBadRows);
    }

    /**
     * Reads everything and writes the files of events into a folder, made where it is missing. The manifest comes last: a
     * folder without one is an import that did not end well.
     */
    public ImportSummary importInto(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.deleteIfExists(folder.resolve(ImportSummary.FILE));
        if (files.users() != null) {
            rows.put("users", users.read(new CsvFile(files.users()), bad));
        }
        if (files.videos() != null) {
            rows.put("videos", videos.read(new CsvFile(files.videos()), bad));
        }
        List<KuaiRandLog> log = readLogs();
        if (files.videos() != null) {
            writeVideos(folder.resolve(EventFile.VIDEOS));
        } else {
            Files.deleteIfExists(folder.resolve(EventFile.VIDEOS));
        }
        writeImpressions(log, folder.resolve(EventFile.IMPRESSIONS));
        writeFeedback(log, folder.resolve(EventFile.FEEDBACK));
        if (files.warm() != null) {
            writeHistory(new CsvFile(files.warm()), folder.resolve(EventFile.HISTORY));
        } else {
            Files.deleteIfExists(folder.resolve(EventFile.HISTORY));
        }
        ImportSummary summary = new ImportSummary(SOURCE, rows, events, notes, bad.count(), bad.first(), RULES);
        summary.write(folder);
        return summary;
    }

    private void writeVideos(Path path) throws IOException {
        try (EventFile file = new EventFile(path)) {
            for (String videoId : videos.keys()) {
                file.write(video(videoId));
            }
            events.put("videos", file.count());
        }
    }

    private Video video(String videoId) {
        SideTable.Entry entry = videos.entry(videoId);
        if (entry == null) {
            return Video.unknown(videoId);
        }
        Map<String, String> fields = entry.reserved();
        SortedMap<String, List<String>> ids = new TreeMap<>(entry.ids());
        String tags = fields.get("tag");
        if (tags != null) {
            ids.put("tag", List.of(tags.split(",")));
        }
        return new Video(
                videoId,
                fields.get("author_id"),
                null,
                durationMillis(fields.get("video_duration")),
                publishedAtMillis(fields.get("upload_dt")),
                ids,
                entry.numbers());
    }

    private List<KuaiRandLog> readLogs() {
        List<KuaiRandLog> log = new ArrayList<>();
        long count = 0;
        for (Path file : files.logs()) {
            count += new CsvFile(file).forEachRow(KuaiRandLog.COLUMNS, bad, row -> log.add(KuaiRandLog.read(row)));
        }
        rows.put("log", count);
        log.sort(Comparator.comparingLong(KuaiRandLog::timeMillis));
        return log;
    }

    private void writeImpressions(List<KuaiRandLog> log, Path path) throws IOException {
        Set<String> ids = new HashSet<>();
        long repeated = 0;
        long withoutUser = 0;
        long withoutVideo = 0;
        try (EventFile file = new EventFile(path)) {
            for (KuaiRandLog row : log) {
                file.write(impression(row));
                repeated += ids.add(row.impressionId()) ? 0 : 1;
                withoutUser += users.entry(row.userId()) == null ? 1 : 0;
                withoutVideo += videos.entry(row.videoId()) == null ? 1 : 0;
            }
            events.put("impressions", file.count());
        }
        notes.put("repeated_impressions", repeated);
        notes.put("impressions_without_user_features", withoutUser);
        notes.put("impressions_without_video_features", withoutVideo);
    }

    private Impression impression(KuaiRandLog row) {
        Video video = video(row.videoId());
        Impression.Builder impression = Impression.builder(
                        row.impressionId(), row.userId(), row.videoId(), row.timeMillis())
                .surface(row.tab())
                .channelId(video.channelId())
                .videoDurationMillis(row.durationMillis())
                .videoPublishedAtMillis(video.publishedAtMillis());
        if (row.randomlyShown()) {
            impression.ids("is_rand", List.of("1"));
        }
        SideTable.Entry user = users.entry(row.userId());
        if (user != null) {
            addFeatures(impression, user.ids(), user.numbers());
        }
        addFeatures(impression, video.ids(), video.numbers());
        return impression.build();
    }

    private static void addFeatures(
            Impression.Builder impression, Map<String, List<String>> ids, Map<String, Float> numbers) {
        ids.forEach(impression::ids);
        numbers.forEach(impression::number);
    }

    private static long durationMillis(@Nullable String millis) {
        if (millis == null) {
            return 0;
        }
        try {
            return Math.max(0, Math.round(Double.parseDouble(millis)));
        } catch (NumberFormatException e) {
            throw new ImportException(
                    "reading --videos: video_duration: found '" + millis + "', expected milliseconds such as 87433.0");
        }
    }

    private static long publishedAtMillis(@Nullable String date) {
        if (date == null) {
            return 0;
        }
        try {
            return LocalDate.parse(date).atStartOfDay().toInstant(DATES).toEpochMilli();
        } catch (DateTimeParseException e) {
            throw new ImportException(
                    "reading --videos: upload_dt: found '" + date + "', expected a date such as 2022-04-10");
        }
    }

    private void writeFeedback(List<KuaiRandLog> log, Path path) throws IOException {
        List<Feedback> all = new ArrayList<>();
        SortedMap<String, Long> kinds = new TreeMap<>();
        for (KuaiRandLog row : log) {
            for (Feedback feedback : row.feedback()) {
                all.add(feedback);
                kinds.merge(feedback.kind(), 1L, Long::sum);
            }
        }
        write(all, path, "feedback");
        events.putAll(kinds);
    }

    private void writeHistory(CsvFile file, Path path) throws IOException {
        List<HistorySeed> all = new ArrayList<>();
        rows.put("warm", file.forEachRow(WARM_COLUMNS, bad, row -> all.add(history(row))));
        write(all, path, "histories");
    }

    private static HistorySeed history(Row row) {
        SortedMap<String, List<String>> recent = new TreeMap<>();
        putVideos(recent, "shown", row.text("last50_video_ids"));
        putVideos(recent, "like", row.text("last50_liked_video_ids"));
        putVideos(recent, "long_view", row.text("last50_longwatched_video_ids"));
        return new HistorySeed(
                row.requiredText("user_id"), row.count("last_time_ms"), row.count("history_len"), recent);
    }

    private static void putVideos(SortedMap<String, List<String>> recent, String kind, String ids) {
        recent.put(kind, ids.isEmpty() ? List.of() : List.of(ids.split(" +")));
    }

    private <E extends Event> void write(List<E> all, Path path, String name) throws IOException {
        all.sort(Comparator.comparingLong(Event::eventTimeMillis));
        try (EventFile file = new EventFile(path)) {
            for (E event : all) {
                file.write(event);
            }
            events.put(name, file.count());
        }
    }
}
