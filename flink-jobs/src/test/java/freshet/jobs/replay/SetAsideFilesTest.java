package freshet.jobs.replay;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.sink.SetAsideRecord;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Feedback;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SetAsideFilesTest {
    @TempDir
    Path folder;

    @Test
    void aLineSaysWhereWhyAndWhat() throws IOException {
        write(List.of(
                letter("feedback.jsonl", 7, new byte[] {'n', 'o', (byte) 0xFF}),
                letter("feedback.jsonl", 3, "no\nJSON".getBytes(StandardCharsets.UTF_8)),
                SetAsideRecord.orphan(feedback("f1", 20), SetAsideFiles.ORPHANS),
                SetAsideRecord.orphan(feedback("f2", 10), SetAsideFiles.ORPHANS)));

        assertThat(files())
                .containsEntry("dead_letters.jsonl", """
                        {"topic":"feedback.jsonl","partition":0,"offset":3,"reason":"undecodable","detail":"found noise","raw":"no\\nJSON"}
                        {"topic":"feedback.jsonl","partition":0,"offset":7,"reason":"undecodable","detail":"found noise","raw_base64":"bm//"}
                        """)
                .containsEntry("late.jsonl", "")
                .hasEntrySatisfying(
                        "orphans.jsonl",
                        orphans -> assertThat(orphans.lines())
                                .satisfiesExactly(
                                        first -> assertThat(first)
                                                .startsWith(
                                                        "{\"stream\":\"feedback\",\"event_time\":10,\"reason\":\"orphan\",")
                                                .contains("\"raw\":\"{\\\"feedback_id\\\":\\\"f2\\\""),
                                        second -> assertThat(second).contains("\"event_time\":20")));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void anyOrderOfArrivalAndAnyRestartGiveTheSameBytes(long seed) throws IOException {
        List<SetAsideRecord> records = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            records.add(letter("impressions.jsonl", i, ("noise " + i % 3).getBytes(StandardCharsets.UTF_8)));
            records.add(SetAsideRecord.late(feedback("f" + i % 50, i % 20), SetAsideFiles.LATE)); // equal ones, too
            records.add(SetAsideRecord.orphan(feedback("f" + i, i % 20), SetAsideFiles.ORPHANS));
        }
        write(records);
        Map<String, String> expected = files();

        Random random = new Random(seed);
        Collections.shuffle(records, random);
        List<Long> checkpoint = List.of();
        int checkpointed = 0;
        SetAsideFiles files = new SetAsideFiles(folder, checkpoint);
        for (int next = 0; next < records.size(); ) {
            files.write(records.get(next++));
            if (random.nextInt(20) == 0) {
                checkpoint = files.flush();
                checkpointed = next;
            } else if (random.nextInt(50) == 0) {
                files.close();
                files = new SetAsideFiles(folder, checkpoint);
                next = checkpointed;
            }
        }
        files.close();

        assertThat(SetAsideFiles.complete(folder).toString())
                .isEqualTo("{\"dead_letters\":200,\"late\":200,\"orphans\":200}");
        assertThat(files()).isEqualTo(expected);
    }

    private void write(List<SetAsideRecord> records) throws IOException {
        try (SetAsideFiles files = new SetAsideFiles(folder, List.of())) {
            for (SetAsideRecord record : records) {
                files.write(record);
            }
        }
        SetAsideFiles.complete(folder);
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (String name : SetAsideFiles.NAMES) {
            files.put(name, Files.readString(folder.resolve(name)));
        }
        return files;
    }

    private static SetAsideRecord letter(String file, long line, byte[] raw) {
        return SetAsideRecord.deadLetter(
                new DeadLetter(file, 0, line, Reason.UNDECODABLE, "found noise", raw), SetAsideFiles.DEAD_LETTERS);
    }

    private static Feedback feedback(String id, long timeMillis) {
        return new Feedback(id, "never-shown", "u", "v", timeMillis, "click", 1);
    }
}
