package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.serde.example.ExampleMessage;
import freshet.serde.example.LabeledExample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trainer that starts from what histories say. */
class WarmTrainerTest {
    private static final List<LabeledExample> EXAMPLES = ExampleStreams.random(3, 300, 3_600_000, "click", "like");
    private static final List<ExampleMessage> MESSAGES = ExampleStreams.delivery(3, EXAMPLES, 1, 1);

    @TempDir
    Path folder;

    @BeforeEach
    void writeHistories() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int user = 0; user < 20; user++) {
            lines.append(
                    "{\"user_id\":\"u%d\",\"event_time\":1650800000000,\"impressions\":6,".formatted(user)
                            + "\"recent_videos\":{\"shown\":[\"v1\",\"v9\",\"v2\",\"v8\",\"v3\",\"v7\"],\"like\":[\"v7\",\"v8\",\"v9\"]}}\n");
        }
        Files.writeString(folder.resolve("history.jsonl"), lines);
        Files.writeString(
                folder.resolve("videos.jsonl"), "{\"video_id\":\"v9\",\"video_published_at\":1650000000000}\n");
    }

    @Test
    void knowsBeforeItsFirstExampleWhatWasLiked() throws Exception {
        try (var cold = harness(Optional.empty(), null);
                var warm = harness(Optional.of(folder.toString()), null)) {
            List<TrainRecord.Learnt> coldly = learnt(process(cold, MESSAGES));
            List<TrainRecord.Learnt> warmly = learnt(process(warm, MESSAGES));

            assertThat(gapOfLikes(warmly.subList(0, 16))).isGreaterThan(gapOfLikes(coldly.subList(0, 16)) + 0.1f);
        }
    }

    /** By how much videos that the histories like are predicted to be liked more than those that they do not. */
    private static float gapOfLikes(List<TrainRecord.Learnt> learnt) {
        return meanLike(learnt, Set.of("v7", "v8", "v9")) - meanLike(learnt, Set.of("v1", "v2", "v3"));
    }

    @Test
    void restoredTrainerDoesNotLearnThePastAgain() throws Exception {
        List<TrainRecord> whole;
        try (var harness = harness(Optional.of(folder.toString()), null)) {
            whole = process(harness, MESSAGES);
        }
        int cut = MESSAGES.size() / 2;
        List<TrainRecord> pieces;
        OperatorSubtaskState state;
        try (var harness = harness(Optional.of(folder.toString()), null)) {
            pieces = new ArrayList<>(process(harness, MESSAGES.subList(0, cut)));
            state = harness.snapshot(1, 1);
        }
        try (var harness = harness(Optional.of(folder.toString()), state)) {
            pieces.addAll(process(harness, MESSAGES.subList(cut, MESSAGES.size())));
        }

        assertThat(predictions(pieces)).isEqualTo(predictions(whole));
    }

    @Test
    void lineThatCannotBeUsedIsNamed() throws Exception {
        Files.writeString(folder.resolve("videos.jsonl"), "{\"video_id\":\"v9\"}\n{\"video_id\":[]}\n");

        assertThatThrownBy(() -> harness(Optional.of(folder.toString()), null))
                .hasMessageContaining("line 2 of")
                .hasMessageContaining("videos.jsonl")
                .hasMessageContaining("expected text or a whole number");
    }

    @Test
    void missingFileIsNamed() throws Exception {
        Files.delete(folder.resolve("history.jsonl"));

        assertThatThrownBy(() -> harness(Optional.of(folder.toString()), null))
                .hasMessageContaining("found neither")
                .hasMessageContaining("history.jsonl.gz");
    }

    private static float meanLike(List<TrainRecord.Learnt> learnt, Set<String> videos) {
        float sum = 0;
        int count = 0;
        for (TrainRecord.Learnt record : learnt) {
            for (int i = 0; i < record.example().labels().size(); i++) {
                if (videos.contains(record.example().videoId())
                        && record.example().labels().get(i).task().equals("like")) {
                    sum += record.predictions()[i];
                    count++;
                }
            }
        }
        return sum / count;
    }

    private static List<TrainRecord.Learnt> learnt(List<TrainRecord> records) {
        return records.stream()
                .filter(TrainRecord.Learnt.class::isInstance)
                .map(TrainRecord.Learnt.class::cast)
                .toList();
    }

    private static List<List<Float>> predictions(List<TrainRecord> records) {
        return learnt(records).stream()
                .map(record -> {
                    List<Float> values = new ArrayList<>();
                    for (float value : record.predictions()) {
                        values.add(value);
                    }
                    return values;
                })
                .toList();
    }

    private static List<TrainRecord> process(
            KeyedOneInputStreamOperatorTestHarness<Integer, ExampleMessage, TrainRecord> harness,
            List<ExampleMessage> messages)
            throws Exception {
        for (ExampleMessage message : messages) {
            harness.processElement(new StreamRecord<>(message));
        }
        return harness.extractOutputValues();
    }

    private static KeyedOneInputStreamOperatorTestHarness<Integer, ExampleMessage, TrainRecord> harness(
            Optional<String> warmFolder, @Nullable OperatorSubtaskState restoredFrom) throws Exception {
        var harness = new KeyedOneInputStreamOperatorTestHarness<>(
                new TrainOperator(TrainPlan.of(TinyModel.config(), warmFolder)),
                any -> TrainOperator.REPLICA,
                Types.INT);
        harness.setup(new TrainRecordSerializer());
        if (restoredFrom != null) {
            harness.initializeState(restoredFrom);
        }
        harness.open();
        return harness;
    }
}
