package freshet.jobs.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KuaiRandImporterTest {
    private static final String LOG_HEADER =
            "user_id,video_id,date,hourmin,time_ms,is_click,is_like,is_follow,is_comment,"
                    + "is_forward,is_hate,long_view,play_time_ms,duration_ms,profile_stay_time,comment_stay_time,"
                    + "is_profile_enter,is_rand,tab\n";
    private static final String WATCHED_AND_LIKED =
            "712,5239,20220425,0,1650812741436,1,1,0,0,1,0,1,61802,49866,0,0,0,0,1\n";
    private static final String SKIPPED_BEFORE_IT = "13414,6831,20220425,0,1650812740000,0,0,0,0,0,1,0,0,0,0,0,0,1,2\n";

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    Path log;

    @BeforeEach
    void writeLog() throws IOException {
        log = Files.writeString(
                folder.resolve("log.csv"), LOG_HEADER + WATCHED_AND_LIKED + WATCHED_AND_LIKED + SKIPPED_BEFORE_IT);
    }

    @Test
    void everyRowBecomesAnImpressionInOrderOfEventTime() throws IOException {
        importLog();

        assertThat(lines(EventFile.IMPRESSIONS))
                .extracting(line -> line.path("impression_id").asText())
                .as("sorted by time; a repeated row stays, under the same id")
                .containsExactly("13414-6831-1650812740000", "712-5239-1650812741436", "712-5239-1650812741436");
        JsonNode liked = lines(EventFile.IMPRESSIONS).get(1);
        assertThat(liked.path("surface").asText()).isEqualTo("1");
        assertThat(liked.path("video_duration_ms").asLong()).isEqualTo(49866);
        assertThat(liked.path("event_time").asLong()).isEqualTo(1650812741436L);
    }

    @Test
    void watchEndsAfterThePlayTimeAndTheRestIsPutInsideTheWatch() throws IOException {
        importLog();

        List<JsonNode> liked = lines(EventFile.FEEDBACK).stream()
                .filter(line -> line.path("user_id").asText().equals("712"))
                .toList();
        assertThat(liked)
                .extracting(line -> line.path("feedback_id").asText() + " at "
                        + (line.path("event_time").asLong() - 1650812741436L) + " value "
                        + line.path("value").asLong())
                .containsExactly(
                        "712-5239-1650812741436-click at 30000 value 1",
                        "712-5239-1650812741436-long_view at 30000 value 1",
                        "712-5239-1650812741436-like at 30000 value 1",
                        "712-5239-1650812741436-share at 30000 value 1",
                        "712-5239-1650812741436-click at 30000 value 1",
                        "712-5239-1650812741436-long_view at 30000 value 1",
                        "712-5239-1650812741436-like at 30000 value 1",
                        "712-5239-1650812741436-share at 30000 value 1",
                        "712-5239-1650812741436-watch at 61802 value 61802",
                        "712-5239-1650812741436-watch at 61802 value 61802");
    }

    @Test
    void videoThatWasNotPlayedHasNoWatch() throws IOException {
        importLog();

        assertThat(lines(EventFile.FEEDBACK).stream()
                        .filter(line -> line.path("user_id").asText().equals("13414")))
                .extracting(line -> line.path("kind").asText() + " "
                        + line.path("event_time").asLong())
                .containsExactly("hide 1650812740000");
    }

    @Test
    void columnsOfUsersAndVideosBecomeFieldsOfTheImpression() throws IOException {
        Path users = gzip(
                "users.bin",
                "user_id,user_active_degree,fans_user_num,fans_user_num_range,onehot_feat4\n"
                        + "712,full_active,150,\"[100,1k)\",\n");
        Path videos = Files.writeString(
                folder.resolve("videos.csv"),
                "video_id,author_id,video_type,upload_dt,video_duration,server_width,music_id,tag\n"
                        + "5239,77,AD,2022-04-10,49866.0,720.0,915,\"20,43\"\n");

        ImportSummary summary =
                new KuaiRandImporter(new KuaiRandFiles(List.of(log), users, videos, null), 0).importInto(out());

        JsonNode impression = lines(EventFile.IMPRESSIONS).get(1);
        assertThat(impression.path("channel_id").asText()).isEqualTo("77");
        assertThat(impression.path("video_published_at").asLong())
                .as("midnight of 10 April 2022, UTC+8")
                .isEqualTo(1649520000000L);
        assertThat(impression.path("ids"))
                .isEqualTo(JSON.readTree("{\"fans_user_num_range\":[\"[100,1k)\"],\"music_id\":[\"915\"],"
                        + "\"tag\":[\"20\",\"43\"],\"user_active_degree\":[\"full_active\"],\"video_type\":[\"AD\"]}"));
        assertThat(impression.path("numbers").path("fans_user_num").asInt()).isEqualTo(150);
        assertThat(impression.path("numbers").path("server_width").asInt()).isEqualTo(720);
        assertThat(lines(EventFile.VIDEOS))
                .as("the catalogue of a warm start: duration is the file's own, there is no row of a log to ask")
                .containsExactly(
                        JSON.readTree("{\"video_id\":\"5239\",\"channel_id\":\"77\",\"video_duration_ms\":49866,"
                                + "\"video_published_at\":1649520000000,\"ids\":{\"music_id\":[\"915\"],\"tag\":[\"20\",\"43\"],"
                                + "\"video_type\":[\"AD\"]},\"numbers\":{\"server_width\":720}}"));
        assertThat(summary.notes())
                .containsEntry("impressions_without_user_features", 1L)
                .containsEntry("impressions_without_video_features", 1L)
                .containsEntry("repeated_impressions", 1L);
    }

    @Test
    void warmFileBecomesHistories() throws IOException {
        Path warm = Files.writeString(
                folder.resolve("warm.csv"),
                "user_id,history_len,last_time_ms,last50_video_ids,last50_liked_video_ids,"
                        + "last50_longwatched_video_ids\n712,9,1650615878629,7136 7136 909,,909\n");

        new KuaiRandImporter(new KuaiRandFiles(List.of(log), null, null, warm), 0).importInto(out());

        assertThat(lines(EventFile.HISTORY))
                .containsExactly(
                        JSON.readTree(
                                "{\"user_id\":\"712\",\"event_time\":1650615878629,\"impressions\":9,"
                                        + "\"recent_videos\":{\"like\":[],\"long_view\":[\"909\"],\"shown\":[\"7136\",\"7136\",\"909\"]}}"));
    }

    @Test
    void badRowsAreCountedAndNamed() throws IOException {
        Files.writeString(
                log,
                LOG_HEADER
                        + WATCHED_AND_LIKED.replace("61802", "-5")
                        + WATCHED_AND_LIKED.replace(",1\n", "\n")
                        + SKIPPED_BEFORE_IT.replace("1650812740000", "1650812740")
                        + SKIPPED_BEFORE_IT);

        ImportSummary summary = importLog();

        assertThat(summary.rows()).containsEntry("log", 4L);
        assertThat(summary.events()).containsEntry("impressions", 1L);
        assertThat(summary.badRows()).isEqualTo(3);
        assertThat(summary.firstBadRows())
                .containsExactly(
                        "log.csv row 1: play_time_ms: found '-5', expected a whole number, 0 or more",
                        "log.csv row 2: found 18 fields, expected 19",
                        "log.csv row 3: time_ms: found 1650812740, expected milliseconds since the epoch, years 2005 to"
                                + " 2100");
    }

    @Test
    void tooManyBadRowsEndTheImportWithoutAManifest() throws IOException {
        Files.writeString(log, LOG_HEADER + "x\n".repeat(3));

        assertThatThrownBy(() ->
                        new KuaiRandImporter(new KuaiRandFiles(List.of(log), null, null, null), 2).importInto(out()))
                .isInstanceOf(ImportException.class)
                .hasMessageContaining("more than 2 rows cannot be read")
                .hasMessageContaining("--max-bad-rows");
        assertThat(ImportSummary.sourceOf(out())).isEmpty();
    }

    @Test
    void wrongFileIsRecognisedByItsColumns() throws IOException {
        Files.writeString(log, "user_id,video_id\n1,2\n");

        assertThatThrownBy(this::importLog)
                .isInstanceOf(ImportException.class)
                .hasMessageContaining("found the columns user_id,video_id; expected also time_ms,");
    }

    @Test
    void sameInputGivesTheSameBytesAndAManifestThatNamesTheSource() throws IOException {
        importLog();
        byte[] impressions = Files.readAllBytes(out().resolve(EventFile.IMPRESSIONS));
        byte[] feedback = Files.readAllBytes(out().resolve(EventFile.FEEDBACK));
        byte[] manifest = Files.readAllBytes(out().resolve(ImportSummary.FILE));

        log = gzip("log.csv.gz", Files.readString(log));
        importLog();

        assertThat(out().resolve(EventFile.IMPRESSIONS)).hasBinaryContent(impressions);
        assertThat(out().resolve(EventFile.FEEDBACK)).hasBinaryContent(feedback);
        assertThat(out().resolve(ImportSummary.FILE)).hasBinaryContent(manifest);
        assertThat(ImportSummary.sourceOf(out())).contains("kuairand");
    }

    private Path out() {
        return folder.resolve("events");
    }

    private ImportSummary importLog() throws IOException {
        return new KuaiRandImporter(new KuaiRandFiles(List.of(log), null, null, null), 100).importInto(out());
    }

    private Path gzip(String name, String text) throws IOException {
        Path path = folder.resolve(name);
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(path))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return path;
    }

    private List<JsonNode> lines(String name) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(out().resolve(name))), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(JSON.readTree(line));
            }
        }
        return lines;
    }
}
