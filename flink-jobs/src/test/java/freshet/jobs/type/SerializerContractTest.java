package freshet.jobs.type;

import freshet.jobs.metric.LedgerPart;
import freshet.jobs.sink.SetAsideRecord;
import freshet.jobs.source.EventStream;
import freshet.jobs.source.SourceRecord;
import freshet.jobs.source.SourceRecordSerializer;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SerializerTestBase;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.testutils.DeeplyEqualsChecker;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonDifferenceCalculator;
import org.junit.jupiter.api.Nested;

/** Flink's own contract for serializers (round trip, copies, duplicates, restoring a snapshot), for each of ours. */
class SerializerContractTest {

    @Nested
    class Events extends Contract<Event> {
        Events() {
            super(
                    FreshetTypes.EVENT,
                    new HistorySeed("u", 1L, 0L, new TreeMap<>()),
                    new HistorySeed(
                            "u",
                            -1L,
                            9L,
                            new TreeMap<>(java.util.Map.of("shown", List.of("a", "b"), "like", List.of()))),
                    Impression.builder("i", "u", "v", 1_650_000_000_000L).build(),
                    Impression.builder("i-ü", "u", "v", Long.MAX_VALUE)
                            .requestId("r")
                            .channelId("c")
                            .position(3)
                            .device("phone")
                            .surface("")
                            .queryVideoId("q")
                            .userLanguage("de")
                            .videoLanguage("日本語")
                            .videoDurationMillis(12_345)
                            .videoPublishedAtMillis(67)
                            .ids("tag", List.of("1", "2"))
                            .ids("none", List.of())
                            .number("age", -0.5f)
                            .modelVersion("20220425T16Z")
                            .score("click", 0.25f)
                            .build(),
                    new Feedback("f", null, "u", "v", 2L, "click", 1),
                    new Feedback("f", "i", "u", "v", 2L, Feedback.WATCH, 1234.5));
        }
    }

    @Nested
    class DeadLetters extends Contract<DeadLetter> {
        DeadLetters() {
            super(
                    FreshetTypes.DEAD_LETTER,
                    new DeadLetter("t", 0, 0, DeadLetter.Reason.EMPTY, "", new byte[0]),
                    new DeadLetter("t", 7, 1L << 40, DeadLetter.Reason.TOO_LONG, "found ...", new byte[300]));
        }
    }

    @Nested
    class ExampleMessages extends Contract<ExampleMessage> {
        ExampleMessages() {
            super(
                    FreshetTypes.EXAMPLE_MESSAGE,
                    new Frontier(0, 1, 0, 127, 128, Frontier.END),
                    new Frontier(3, 4, 64, 127, 128, 1_650_000_000_000L),
                    new LabeledExample(
                            "i",
                            "u",
                            "v",
                            1,
                            2,
                            new FeatureValues(new String[0][], new float[0]),
                            List.of(new TaskLabel("click", 0, 1))),
                    new LabeledExample(
                            "i",
                            "u",
                            "v",
                            1,
                            2,
                            new FeatureValues(
                                    new String[][] {{}, {"a"}, {"b", "c"}}, new float[] {1.5f, -0f, Float.MIN_VALUE}),
                            List.of(new TaskLabel("click", 1, 1), new TaskLabel("watch", 3.25f, 0.5f))));
        }
    }

    @Nested
    class SnapshotRecords extends Contract<SnapshotRecord> {
        SnapshotRecords() {
            super(
                    FreshetTypes.SNAPSHOT_RECORD,
                    new SnapshotRecord("20220425T16Z/chunk/0", new byte[5_000]),
                    new SnapshotRecord("20220425T16Z/manifest", "{}".getBytes(StandardCharsets.UTF_8)));
        }
    }

    @Nested
    class FeatureChanges extends Contract<FeatureChange> {
        FeatureChanges() {
            super(
                    FreshetTypes.FEATURE_CHANGE,
                    FeatureChange.forget(FeatureState.Key.channel("c")),
                    FeatureChange.to(new FeatureState(FeatureState.Key.user("ü"), -1, new byte[0])),
                    FeatureChange.to(new FeatureState(FeatureState.Key.video("v"), 1L << 40, new byte[] {1, 2})));
        }
    }

    @Nested
    class SourceRecords extends Contract<SourceRecord> {
        SourceRecords() {
            super(
                    SourceRecordSerializer.TYPE,
                    new SourceRecord.Good(
                            new Feedback("f", "i", "u", "v", 2L, "click", 1),
                            new SourceRecord.Origin("t", 3, 1L << 40),
                            new byte[] {1, 2}),
                    new SourceRecord.Skipped(EventStream.FEEDBACK, "type is heartbeat"),
                    new SourceRecord.Refused(
                            EventStream.IMPRESSIONS,
                            new DeadLetter("t", 7, 1L << 40, DeadLetter.Reason.TOO_LONG, "found ...", new byte[300])));
        }
    }

    @Nested
    class LedgerParts extends Contract<LedgerPart> {
        LedgerParts() {
            super(
                    LedgerPart.TYPE,
                    new LedgerPart(LedgerPart.Stage.SOURCE, "set-aside", 0, 1, new byte[0]),
                    new LedgerPart(LedgerPart.Stage.JOIN, "join", 3, 4, new byte[] {1, 2, 3}));
        }
    }

    @Nested
    class SetAsideRecords extends Contract<SetAsideRecord> {
        SetAsideRecords() {
            super(
                    SetAsideRecord.TYPE,
                    SetAsideRecord.late(new Feedback("f", null, "u", "v", 2L, "click", 1), "late"),
                    new SetAsideRecord("t", new TreeMap<>(), new byte[0]));
        }
    }

    abstract static class Contract<T> extends SerializerTestBase<T> {
        private final TypeInformation<T> type;
        private final T[] values;

        @SafeVarargs
        @SuppressWarnings("varargs")
        Contract(TypeInformation<T> type, T... values) {
            super(new DeeplyEqualsChecker().withCustomCheck(Contract::holdBytes, Contract::sameFields));
            this.type = type;
            this.values = values;
        }

        /** Records that hold a byte[] compare it by identity. */
        private static boolean holdBytes(Object a, Object b) {
            return a instanceof DeadLetter
                    || a instanceof SnapshotRecord
                    || a instanceof SourceRecord.Refused
                    || a instanceof SourceRecord.Good
                    || a instanceof LedgerPart
                    || a instanceof SetAsideRecord;
        }

        private static boolean sameFields(Object a, Object b, DeeplyEqualsChecker checker) {
            return a.getClass() == b.getClass()
                    && new RecursiveComparisonDifferenceCalculator()
                            .determineDifferences(a, b, new RecursiveComparisonConfiguration())
                            .isEmpty();
        }

        @Override
        protected TypeSerializer<T> createSerializer() {
            return type.createSerializer((org.apache.flink.api.common.serialization.SerializerConfig) null);
        }

        @Override
        protected int getLength() {
            return -1;
        }

        @Override
        protected Class<T> getTypeClass() {
            return type.getTypeClass();
        }

        @Override
        protected T[] getTestData() {
            return values;
        }
    }
}
