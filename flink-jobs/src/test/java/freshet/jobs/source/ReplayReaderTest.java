package freshet.jobs.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.wire.EventJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayReaderTest {
    private static final long T0 = 1_650_000_000_000L;
    private static final long DISORDER = 1000;
    private static final long MAX_FUTURE = 60_000;

    @TempDir
    Path folder;

    @Test
    void historiesComeFirstThenTheFileThatIsBehind() throws IOException {
        write("history.jsonl", seed("u", 5), seed("w", 90));
        write(
                "impressions.jsonl",
                impression("i1", 10),
                impression("i2", 30),
                impression("i3", 50),
                impression("i4", 70));
        write("feedback.jsonl", feedback("f1", 20), feedback("f2", 30), feedback("f3", 40), feedback("f4", 60));

        assertThat(readAll(ReplayPosition.start()))
                .extracting(record -> ((SourceRecord.Good) record).event().id())
                // Three of each tell the time; from there on the file that is behind comes first.
                .containsExactly("u", "w", "i1", "i2", "i3", "f1", "f2", "f3", "f4", "i4");
    }

    @Test
    void theWatermarkFollowsTheSlowerFileAndWaitsForHistories() throws IOException {
        write("history.jsonl", seed("u", 5));
        write(
                "impressions.jsonl",
                impression("i1", 9_000),
                impression("i2", 9_500),
                impression("i3", 10_000),
                impression("i4", 50_000));
        write("feedback.jsonl", feedback("f1", 9_000), feedback("f2", 9_000), feedback("f3", 20_000));

        try (ReplayReader reader = reader(ReplayPosition.start())) {
            List<Long> watermarks = new ArrayList<>();
            while (reader.next() != null) {
                watermarks.add(reader.watermarkMillis());
            }
            assertThat(watermarks)
                    .containsExactly(
                            Long.MIN_VALUE, // the history
                            Long.MIN_VALUE, // three impressions
                            Long.MIN_VALUE,
                            Long.MIN_VALUE,
                            Long.MIN_VALUE, // two of feedback: its time is not known
                            Long.MIN_VALUE,
                            T0 + 10_000 - DISORDER - 1, // the third
                            T0 + 20_000 - DISORDER - 1); // i4: it is ahead of the feedback
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 5, 6, 7})
    void aReaderThatGoesOnFromAPositionYieldsTheRest(int consumed) throws IOException {
        write("history.jsonl.gz", seed("u", 5), "not json");
        write("impressions.jsonl", impression("i1", 10), "", impression("i2", 30));
        write("feedback.jsonl.gz", feedback("f1", 20), feedback("f2", 40));
        List<SourceRecord> all = readAll(ReplayPosition.start());

        ReplayPosition position;
        try (ReplayReader reader = reader(ReplayPosition.start())) {
            for (int i = 0; i < consumed; i++) {
                reader.next();
            }
            position = reader.position();
        }
        byte[] saved = new ReplaySplit.Serializer().serialize(new ReplaySplit(position));
        ReplayPosition restored =
                new ReplaySplit.Serializer().deserialize(2, saved).position();

        assertThat(restored).isEqualTo(position);
        assertThat(readAll(restored))
                .usingRecursiveFieldByFieldElementComparator()
                .isEqualTo(all.subList(consumed, all.size()));
    }

    @Test
    void aBadLineIsADeadLetterThatNamesItsPlace() throws IOException {
        write("impressions.jsonl", impression("i1", 10), "{\"impression_id\":", impression("i2", 30), "");
        write("feedback.jsonl");
        byte[] notText = {(byte) 0xC3, (byte) 0x28};
        Files.write(folder.resolve("feedback.jsonl"), notText);

        List<DeadLetter> dead = readAll(ReplayPosition.start()).stream()
                .filter(SourceRecord.Refused.class::isInstance)
                .map(record -> ((SourceRecord.Refused) record).letter())
                .toList();

        assertThat(dead)
                .extracting(DeadLetter::topic, DeadLetter::offset, DeadLetter::reason)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("impressions.jsonl", 1L, Reason.UNDECODABLE),
                        org.assertj.core.groups.Tuple.tuple("impressions.jsonl", 3L, Reason.EMPTY),
                        org.assertj.core.groups.Tuple.tuple("feedback.jsonl", 0L, Reason.UNDECODABLE));
        assertThat(dead).anySatisfy(letter -> assertThat(letter.raw()).isEqualTo(notText));
    }

    @Test
    void aLineOverTheLimitIsSetAsideAndTheNextOneIsRead() throws IOException {
        write("impressions.jsonl", "x".repeat((1 << 20) + 10), impression("i", 10));
        write("feedback.jsonl");

        List<SourceRecord> records = readAll(ReplayPosition.start());

        assertThat(((SourceRecord.Refused) records.get(0)).letter().reason()).isEqualTo(Reason.TOO_LONG);
        assertThat(records.get(1)).isInstanceOf(SourceRecord.Good.class);
    }

    @Test
    void aLastLineWithoutItsEndAndWindowsLineEndsAreLinesToo() throws IOException {
        String text = impression("i1", 10) + "\r\n" + impression("i2", 20);
        Files.writeString(folder.resolve("impressions.jsonl"), text);
        write("feedback.jsonl");

        assertThat(readAll(ReplayPosition.start())).hasSize(2).allMatch(SourceRecord.Good.class::isInstance);
    }

    @Test
    void filesThatAreMissingOrThereTwiceAreAllNamed() throws IOException {
        write("feedback.jsonl");
        write("feedback.jsonl.gz");

        assertThatThrownBy(() -> ReplayFiles.in(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining("found no impressions.jsonl and no impressions.jsonl.gz")
                .hasMessageContaining("found both feedback.jsonl and feedback.jsonl.gz");
    }

    @Test
    void aCutGzipFileStopsTheReplayWithItsName() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            lines.add(impression("i" + i, 10L * i));
        }
        write("impressions.jsonl.gz", lines.toArray(String[]::new));
        write("feedback.jsonl");
        Path file = folder.resolve("impressions.jsonl.gz");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));

        assertThatThrownBy(() -> readAll(ReplayPosition.start()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("impressions.jsonl.gz")
                .hasMessageContaining("incomplete");
    }

    private List<SourceRecord> readAll(ReplayPosition from) throws IOException {
        List<SourceRecord> records = new ArrayList<>();
        try (ReplayReader reader = reader(from)) {
            for (SourceRecord record = reader.next(); record != null; record = reader.next()) {
                records.add(record);
            }
        }
        return records;
    }

    private ReplayReader reader(ReplayPosition from) throws IOException {
        return new ReplayReader(ReplayFiles.in(folder), DISORDER, MAX_FUTURE, from);
    }

    private void write(String name, String... lines) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = name.endsWith(".gz") ? new GZIPOutputStream(bytes) : bytes) {
            for (String line : lines) {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        Files.write(folder.resolve(name), bytes.toByteArray());
    }

    private static String seed(String user, long offsetMillis) {
        return json(new HistorySeed(user, T0 + offsetMillis, 3, new TreeMap<>()));
    }

    private static String impression(String id, long offsetMillis) {
        return json(Impression.builder(id, "u", "v", T0 + offsetMillis).build());
    }

    private static String feedback(String id, long offsetMillis) {
        return json(new Feedback(id, "i1", "u", "v", T0 + offsetMillis, "click", 1));
    }

    private static String json(Event event) {
        return EventJson.toJson(event);
    }
}
