package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventProblem;
import freshet.serde.event.EventValidator;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What travels from the examples job to trainers, as Avro: examples by {@code schema/example.avsc} and frontiers by
 * {@code schema/frontier.avsc}, told apart by the fingerprint. Features travel by name: a feature without ids, or whose number
 * is 0, is left out; a name that the reader's schema does not have is ignored. Not thread-safe.
 */
public final class ExampleCodec {
    private static final float USUAL_RATE = 1;
    private static final float NOTHING_UNDONE = 0;

    private final FeatureSchema features;
    private final Examples examples;
    private final Frontiers frontiers;

    public ExampleCodec(FeatureSchema features) {
        this(features, SchemaStore.known());
    }

    /** Reads the versions of a store. */
    public ExampleCodec(FeatureSchema features, SchemaStore store) {
        this.features = features;
        this.examples = new Examples(features, store);
        this.frontiers = new Frontiers(store);
    }

    public byte[] encode(ExampleMessage message) {
        return message instanceof LabeledExample example
                ? examples.encode(example)
                : frontiers.encode((Frontier) message);
    }

    /** The example or frontier in the bytes, or why there is none; never throws. */
    public Decoded<ExampleMessage> decode(byte @Nullable [] bytes) {
        Decoded<? extends ExampleMessage> decoded =
                !examples.wrote(bytes) && frontiers.wrote(bytes) ? frontiers.decode(bytes) : examples.decode(bytes);
        if (decoded instanceof Decoded.Value<? extends ExampleMessage> good) {
            return Decoded.value(good.value());
        }
        Decoded.Bad<?> bad = (Decoded.Bad<?>) decoded;
        return Decoded.bad(bad.reason(), bad.detail());
    }

    /**
     * An example as one line of JSON, always the same for the same example: keys in the order of this codec's schema, numbers by
     * {@link Decimals#text(float)}. Every feature is written, also an empty one.
     */
    public String toJson(LabeledExample example) {
        JsonText json = new JsonText();
        json.open('{')
                .field("impression_id", example.impressionId())
                .field("user_id", example.userId())
                .field("video_id", example.videoId())
                .field("event_time", example.eventTimeMillis())
                .field("decided_time", example.decidedTimeMillis());
        json.name("ids").open('{');
        for (int slot = 0; slot < features.idNames().size(); slot++) {
            json.field(
                    features.idNames().get(slot),
                    Arrays.asList(example.features().ids()[slot]));
        }
        json.close('}').name("numbers").open('{');
        for (int slot = 0; slot < features.numberNames().size(); slot++) {
            json.field(features.numberNames().get(slot), example.features().numbers()[slot]);
        }
        json.close('}').name("labels").open('{');
        example.labels().forEach(label -> json.field(label.task(), label.label()));
        json.close('}').name("weights").open('{');
        example.labels().forEach(label -> json.field(label.task(), label.weight()));
        json.close('}');
        writeUnlessAll(json, "rates", example, TaskLabel::rate, USUAL_RATE);
        writeUnlessAll(json, "undone", example, TaskLabel::undone, NOTHING_UNDONE);
        return json.close('}').toString();
    }

    /** What few examples have: left out where every label has what is usual. */
    private static void writeUnlessAll(
            JsonText json, String name, LabeledExample example, Function<TaskLabel, Float> value, float usual) {
        if (example.labels().stream().allMatch(label -> value.apply(label) == usual)) {
            return;
        }
        json.name(name).open('{');
        example.labels().forEach(label -> json.field(label.task(), value.apply(label)));
        json.close('}');
    }

    /** Labelled examples alone. */
    static final class Examples extends AvroCodec<LabeledExample> {
        /** An item takes: a text one byte, a map entry of lists two, one of floats five, a label nine. */
        private static final int MIN_TEXT = 1;

        private static final int MIN_IDS = 2;
        private static final int MIN_NUMBER = 1 + Float.BYTES;
        private static final int MIN_LABEL = 1 + 2 * Float.BYTES;
        private static final int ANY = Integer.MAX_VALUE;

        private static final String[] NONE = {};

        /** An impression of the permitted length grows when its ids stand in several features and crosses. */
        private static final int MAX_RECORD_BYTES = 16 * EventValidator.MAX_RECORD_BYTES;

        private final Names ids;
        private final Names numbers;

        Examples(FeatureSchema features, SchemaStore store) {
            super(Schemas.EXAMPLE, store);
            this.ids = new Names(features.idNames());
            this.numbers = new Names(features.numberNames());
        }

        @Override
        int maxRecordBytes() {
            return MAX_RECORD_BYTES;
        }

        @Override
        void write(LabeledExample value, AvroOutput out) {
            out.text(value.impressionId());
            out.text(value.userId());
            out.text(value.videoId());
            out.longNumber(value.eventTimeMillis());
            out.longNumber(value.decidedTimeMillis());
            writeIds(value.features().ids(), out);
            writeNumbers(value.features().numbers(), out);
            out.longNumber(value.labels().size());
            for (TaskLabel label : value.labels()) {
                out.text(label.task());
                out.floatNumber(label.label());
                out.floatNumber(label.weight());
            }
            out.longNumber(0);
            writeUnless(value, TaskLabel::rate, USUAL_RATE, out);
            writeUnless(value, TaskLabel::undone, NOTHING_UNDONE, out);
        }

        /** A map from task to what few labels have. */
        private static void writeUnless(
                LabeledExample value, ToDoubleFunction<TaskLabel> property, float usual, AvroOutput out) {
            int present = 0;
            for (TaskLabel label : value.labels()) {
                present += (float) property.applyAsDouble(label) == usual ? 0 : 1;
            }
            if (present > 0) {
                out.longNumber(present);
                for (TaskLabel label : value.labels()) {
                    float found = (float) property.applyAsDouble(label);
                    if (found != usual) {
                        out.text(label.task());
                        out.floatNumber(found);
                    }
                }
            }
            out.longNumber(0);
        }

        private void writeIds(String[][] values, AvroOutput out) {
            ids.expectSlots("ids", values.length);
            int present = 0;
            for (String[] value : values) {
                present += value.length == 0 ? 0 : 1;
            }
            if (present > 0) {
                out.longNumber(present);
                for (int slot = 0; slot < values.length; slot++) {
                    if (values[slot].length > 0) {
                        out.bytes(ids.utf8[slot]);
                        out.texts(Arrays.asList(values[slot]));
                    }
                }
            }
            out.longNumber(0);
        }

        private void writeNumbers(float[] values, AvroOutput out) {
            numbers.expectSlots("numbers", values.length);
            int present = 0;
            for (float value : values) {
                present += isZero(value) ? 0 : 1;
            }
            if (present > 0) {
                out.longNumber(present);
                for (int slot = 0; slot < values.length; slot++) {
                    if (!isZero(values[slot])) {
                        out.bytes(numbers.utf8[slot]);
                        out.floatNumber(values[slot]);
                    }
                }
            }
            out.longNumber(0);
        }

        /** Minus zero is not left out: the value that is read has the bits of the one that was written. */
        private static boolean isZero(float value) {
            return Float.floatToRawIntBits(value) == 0;
        }

        @Override
        LabeledExample read(AvroInput in) {
            return new LabeledExample(
                    in.text("impression_id", ANY),
                    in.text("user_id", ANY),
                    in.text("video_id", ANY),
                    in.longNumber("event_time"),
                    in.longNumber("decided_time"),
                    new FeatureValues(readIds(in), readNumbers(in)),
                    readLabels(in));
        }

        private String[][] readIds(AvroInput in) {
            String[][] values = new String[ids.utf8.length][];
            Arrays.fill(values, NONE);
            int read = 0;
            int more;
            int slot = -1;
            while ((more = in.block("ids", read, MIN_IDS, ANY)) > 0) {
                for (int i = 0; i < more; i++) {
                    slot = ids.next(in, "ids", slot);
                    String[] list = readTexts(in);
                    if (slot >= 0) {
                        values[slot] = list;
                    }
                }
                read += more;
            }
            return values;
        }

        private static String[] readTexts(AvroInput in) {
            String[] texts = NONE;
            int read = 0;
            int more;
            while ((more = in.block("ids", read, MIN_TEXT, ANY)) > 0) {
                texts = Arrays.copyOf(texts, read + more);
                for (int i = 0; i < more; i++) {
                    texts[read++] = in.text("ids", ANY);
                }
            }
            return texts;
        }

        private float[] readNumbers(AvroInput in) {
            float[] values = new float[numbers.utf8.length];
            int read = 0;
            int more;
            int slot = -1;
            while ((more = in.block("numbers", read, MIN_NUMBER, ANY)) > 0) {
                for (int i = 0; i < more; i++) {
                    slot = numbers.next(in, "numbers", slot);
                    float value = in.floatNumber("numbers");
                    if (slot >= 0) {
                        values[slot] = value;
                    }
                }
                read += more;
            }
            return values;
        }

        private static List<TaskLabel> readLabels(AvroInput in) {
            List<TaskLabel> labels = new ArrayList<>();
            int more;
            while ((more = in.block("labels", labels.size(), MIN_LABEL, ANY)) > 0) {
                for (int i = 0; i < more; i++) {
                    labels.add(new TaskLabel(in.text("task", ANY), in.floatNumber("label"), in.floatNumber("weight")));
                }
            }
            Map<String, Float> rates = readByTask("rates", in);
            Map<String, Float> undone = readByTask("undone", in);
            if (!rates.isEmpty() || !undone.isEmpty()) {
                labels.replaceAll(label -> new TaskLabel(
                        label.task(),
                        label.label(),
                        label.weight(),
                        rates.getOrDefault(label.task(), USUAL_RATE),
                        undone.getOrDefault(label.task(), NOTHING_UNDONE)));
            }
            return labels;
        }

        private static Map<String, Float> readByTask(String field, AvroInput in) {
            Map<String, Float> byTask = Map.of();
            int read = 0;
            int more;
            while ((more = in.block(field, read, MIN_NUMBER, ANY)) > 0) {
                byTask = read == 0 ? new HashMap<>() : byTask;
                for (int i = 0; i < more; i++) {
                    byTask.put(in.text(field, ANY), in.floatNumber(field));
                }
                read += more;
            }
            return byTask;
        }

        @Override
        Optional<EventProblem> problemOf(LabeledExample value) {
            if (value.impressionId().isEmpty()
                    || value.userId().isEmpty()
                    || value.videoId().isEmpty()) {
                return problem(
                        Reason.MISSING_ID, "an example's impression, user or video id: found none, expected all");
            }
            if (value.decidedTimeMillis() < value.eventTimeMillis()) {
                return problem(Reason.BAD_TIME, "decided_time: found a time before event_time, expected none earlier");
            }
            for (float number : value.features().numbers()) {
                if (!Float.isFinite(number)) {
                    return problem(Reason.BAD_NUMBER, "numbers: found " + number + ", expected finite numbers");
                }
            }
            if (value.labels().isEmpty()) {
                return problem(Reason.UNDECODABLE, "labels: found none, expected at least one");
            }
            for (TaskLabel label : value.labels()) {
                if (!Float.isFinite(label.label()) || !(label.weight() > 0 && Float.isFinite(label.weight()))) {
                    return problem(
                            Reason.BAD_NUMBER,
                            "label of task " + label.task() + ": found " + label.label() + " with weight "
                                    + label.weight() + ", expected finite numbers and a positive weight");
                }
                if (!(label.rate() > 0 && label.rate() <= 1)
                        || !(label.undone() >= 0 && Float.isFinite(label.undone()))) {
                    return problem(
                            Reason.BAD_NUMBER,
                            "label of task " + label.task() + ": found a rate of " + label.rate() + " and "
                                    + label.undone() + " to undo, expected a rate above 0 and at most 1, and a finite"
                                    + " weight of at least 0");
                }
            }
            return Optional.empty();
        }

        private static Optional<EventProblem> problem(Reason reason, String detail) {
            return Optional.of(new EventProblem(reason, detail));
        }
    }

    /** Frontiers alone. */
    static final class Frontiers extends AvroCodec<Frontier> {
        Frontiers(SchemaStore store) {
            super(Schemas.FRONTIER, store);
        }

        @Override
        void write(Frontier value, AvroOutput out) {
            out.longNumber(value.partition());
            out.longNumber(value.partitions());
            out.longNumber(value.firstKeyGroup());
            out.longNumber(value.lastKeyGroup());
            out.longNumber(value.keyGroups());
            out.longNumber(value.throughMillis());
        }

        @Override
        Frontier read(AvroInput in) {
            int partition = in.intNumber("partition");
            int partitions = in.intNumber("partitions");
            int firstKeyGroup = in.intNumber("first_key_group");
            int lastKeyGroup = in.intNumber("last_key_group");
            int keyGroups = in.intNumber("key_groups");
            long throughMillis = in.longNumber("through_millis");
            try {
                return new Frontier(partition, partitions, firstKeyGroup, lastKeyGroup, keyGroups, throughMillis);
            } catch (IllegalArgumentException e) {
                throw new BadRecordException(Reason.UNDECODABLE, String.valueOf(e.getMessage()));
            }
        }

        @Override
        Optional<EventProblem> problemOf(Frontier value) {
            return Optional.empty();
        }
    }

    /** The names of the slots of one kind of feature, as bytes. */
    private static final class Names {
        private final byte[][] utf8;
        private final Map<String, Integer> slots = new HashMap<>();

        Names(List<String> names) {
            utf8 = new byte[names.size()][];
            for (int slot = 0; slot < utf8.length; slot++) {
                utf8[slot] = names.get(slot).getBytes(StandardCharsets.UTF_8);
                slots.put(names.get(slot), slot);
            }
        }

        void expectSlots(String what, int found) {
            if (found != utf8.length) {
                throw new IllegalArgumentException("writing the " + what + " of an example: found " + found
                        + " slots, expected the " + utf8.length + " of the feature schema");
            }
        }

        /**
         * Reads a name and gives its slot; -1 for a name we do not have. Writers use slot order and leave some out, so the
         * slots that follow the last one are tried before the map is asked, without making a text of the name.
         */
        int next(AvroInput in, String field, int last) {
            int tries = Math.min(utf8.length, last + 1 + 4);
            for (int slot = last + 1; slot < tries; slot++) {
                if (in.skipText(utf8[slot])) {
                    return slot;
                }
            }
            return slots.getOrDefault(in.text(field, Integer.MAX_VALUE), -1);
        }
    }
}
