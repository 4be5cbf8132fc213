package freshet.serde.wire;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.feature.FeatureState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * FORMAT.md says what we write, byte for byte. When this test fails after a change, records that are already on a topic may have
 * become unreadable: keep the old schema in {@link SchemaStore}, and add vectors rather than changing them.
 */
class FormatPageTest {
    private static final long TIME = 1_650_866_400_123L;

    private static final Impression PLAIN =
            Impression.builder("i1", "u1", "v1", TIME).build();
    private static final Impression FULL = Impression.builder("i2", "ü", "v2", TIME)
            .requestId("r1")
            .channelId("c1")
            .position(0)
            .device("phone")
            .surface("home")
            .queryVideoId("v0")
            .userLanguage("de")
            .videoLanguage("en")
            .videoDurationMillis(61_500)
            .videoPublishedAtMillis(1_600_000_000_000L)
            .ids("tag", List.of("7", "12"))
            .ids("mood", List.of())
            .number("price", -0.1f)
            .modelVersion("20220425T05Z")
            .score("click", 0.25f)
            .build();
    private static final Feedback CLICK = new Feedback("f1", null, "u1", "v1", TIME + 900, "click", 1);
    private static final Feedback WATCH = new Feedback("f2", "i1", "u1", "v1", TIME + 9_000, "watch", 8_000.5);
    private static final HistorySeed HISTORY =
            new HistorySeed("u1", TIME, 12, new TreeMap<>(Map.of("shown", List.of("v7", "v8"), "like", List.of("v7"))));
    private static final LabeledExample EXAMPLE = new LabeledExample(
            "i1",
            "u1",
            "v1",
            TIME,
            TIME + 600_000,
            new FeatureValues(new String[][] {{"u1"}, {}, {"v8", "v7"}}, new float[] {0, 1.5f}),
            List.of(new TaskLabel("click", 1, 1), new TaskLabel("watch", 2.1972246f, 0.5f)));
    private static final FeatureSchema FEATURES =
            new FeatureSchema(List.of("user", "channel", "last_shown"), List.of("age", "since_watch"));
    private static final Frontier FRONTIER = new Frontier(1, 4, 0, 63, 128, TIME);
    private static final DeadLetter LETTER =
            new DeadLetter("impressions", 3, 77, Reason.BAD_TIME, "event_time: found 5", new byte[] {1, 2, 3});

    private static final FeatureState STATE =
            new FeatureState(FeatureState.Key.user("u1"), TIME, new byte[] {2, 0, 0, 0, 0, 0, 0});

    private static String page;

    @BeforeAll
    static void readPage() throws IOException {
        page = Files.readString(Path.of("FORMAT.md"));
    }

    private static SortedMap<String, byte[]> vectors() {
        ImpressionCodec impressions = new ImpressionCodec();
        FeedbackCodec feedbacks = new FeedbackCodec();
        ExampleCodec examples = new ExampleCodec(FEATURES);
        SortedMap<String, byte[]> vectors = new TreeMap<>();
        vectors.put("impression-plain", impressions.encode(PLAIN));
        vectors.put("impression-full", impressions.encode(FULL));
        vectors.put(
                "impression-confluent-42",
                new ConfluentWire<>(impressions, SchemaSource.of(Map.of())).encode(42, PLAIN));
        vectors.put("feedback-click", feedbacks.encode(CLICK));
        vectors.put("feedback-watch", feedbacks.encode(WATCH));
        vectors.put("history", new HistorySeedCodec().encode(HISTORY));
        vectors.put("example", examples.encode(EXAMPLE));
        vectors.put("frontier", examples.encode(FRONTIER));
        vectors.put("feature-state", new FeatureStateCodec().encode(STATE));
        vectors.put("dead-letter", new DeadLetterCodec().encode(LETTER));
        return vectors;
    }

    private static SortedMap<String, String> lines() {
        SortedMap<String, String> lines = new TreeMap<>();
        lines.put("impression-plain", EventJson.toJson(PLAIN));
        lines.put("impression-full", EventJson.toJson(FULL));
        lines.put("feedback-click", EventJson.toJson(CLICK));
        lines.put("feedback-watch", EventJson.toJson(WATCH));
        lines.put("history", EventJson.toJson(HISTORY));
        lines.put("example", new ExampleCodec(FEATURES).toJson(EXAMPLE));
        return lines;
    }

    @Test
    void bytesAreThoseOfThePage() {
        StringBuilder block = new StringBuilder();
        vectors()
                .forEach((name, bytes) -> block.append(name)
                        .append(' ')
                        .append(HexFormat.of().formatHex(bytes))
                        .append('\n'));
        assertThat(page).contains(block);
    }

    @Test
    void linesOfJsonAreThoseOfThePage() {
        StringBuilder block = new StringBuilder();
        lines().forEach((name, json) ->
                block.append(name).append(' ').append(json).append('\n'));
        assertThat(page).contains(block);
    }

    @Test
    void theBytesOfThePageAreRead() {
        assertThat(new ImpressionCodec().decode(onPage("impression-full"))).isEqualTo(Decoded.value(FULL));
        assertThat(new FeedbackCodec().decode(onPage("feedback-watch"))).isEqualTo(Decoded.value(WATCH));
        assertThat(new HistorySeedCodec().decode(onPage("history"))).isEqualTo(Decoded.value(HISTORY));
        assertThat(new ExampleCodec(FEATURES).decode(onPage("example"))).isEqualTo(Decoded.value(EXAMPLE));
        assertThat(new ExampleCodec(FEATURES).decode(onPage(" {4}example-1"))).isEqualTo(Decoded.value(EXAMPLE));
        assertThat(new ExampleCodec(FEATURES).decode(onPage("frontier"))).isEqualTo(Decoded.value(FRONTIER));
        assertThat(new FeatureStateCodec().decode(onPage("feature-state"))).isEqualTo(Decoded.value(STATE));
        SchemaSource registry = SchemaSource.of(Map.of(new SchemaId.Number(42), Schemas.IMPRESSION));
        assertThat(new ConfluentWire<>(new ImpressionCodec(), registry).decode(onPage("impression-confluent-42")))
                .isEqualTo(Decoded.value(PLAIN));
    }

    private static byte[] onPage(String name) {
        return HexFormat.of()
                .parseHex(page.lines()
                        .filter(line -> line.matches(name + " [0-9a-f]+"))
                        .findFirst()
                        .orElseThrow()
                        .replaceFirst(".* ", ""));
    }

    @Test
    void fingerprintsAreThoseOfThePage() {
        for (Schema schema : List.of(
                Schemas.IMPRESSION,
                Schemas.FEEDBACK,
                Schemas.HISTORY_SEED,
                Schemas.EXAMPLE,
                Schemas.FRONTIER,
                Schemas.DEAD_LETTER,
                Schemas.FEATURE_STATE)) {
            String file =
                    schema.getName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
            assertThat(page)
                    .contains("| `" + file + ".avsc` | `" + HexFormat.of().toHexDigits(Schemas.fingerprint(schema))
                            + "` |");
        }
    }

    @Test
    void everyFieldIsDocumented() {
        for (Schema schema : List.of(
                Schemas.IMPRESSION,
                Schemas.FEEDBACK,
                Schemas.HISTORY_SEED,
                Schemas.EXAMPLE,
                Schemas.FRONTIER,
                Schemas.DEAD_LETTER,
                Schemas.FEATURE_STATE,
                Schemas.SNAPSHOT_MANIFEST)) {
            assertThat(schema.getDoc()).as(schema.getFullName()).isNotBlank();
            assertThat(schema.getNamespace()).startsWith("freshet.");
            schema.getFields()
                    .forEach(field -> assertThat(field.doc()).as(field.name()).isNotBlank());
        }
    }

    @Test
    void wordsOfTheReasonsAreOnThePage() {
        for (Reason reason : Reason.values()) {
            assertThat(page).contains("`" + reason.label() + "`");
        }
    }
}
