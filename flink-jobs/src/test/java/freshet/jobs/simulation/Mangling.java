package freshet.jobs.simulation;

import freshet.serde.snapshot.SnapshotRecord;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What happens to records on their way into a topic: some are lost, doubled, torn, altered, or overtaken by the next. */
final class Mangling implements Consumer<SnapshotRecord> {
    private static final int NEVER = Integer.MAX_VALUE;

    private final Topic topic;
    private final Draw draw;
    private int oneIn = NEVER;
    private @Nullable SnapshotRecord overtaken;

    Mangling(Topic topic, Draw draw) {
        this.topic = topic;
        this.draw = draw;
        if (draw.flip()) {
            worse();
        }
    }

    void worse() {
        oneIn = draw.of(2, 10);
    }

    /** From now on everything arrives, what was held back too. */
    void heal() {
        oneIn = NEVER;
        release();
    }

    @Override
    public void accept(SnapshotRecord record) {
        if (oneIn == NEVER || !draw.oneIn(oneIn)) {
            topic.append(record);
            release();
            return;
        }
        byte[] bytes = record.value();
        switch (draw.below(7)) {
            case 0 -> {}
            case 1 -> {
                topic.append(record);
                topic.append(record);
            }
            case 2 -> topic.append(new SnapshotRecord(record.key(), Arrays.copyOf(bytes, draw.below(bytes.length))));
            case 3, 4, 5 -> {
                byte[] flipped = bytes.clone();
                flipped[draw.below(flipped.length)] ^= (byte) (1 << draw.below(8));
                topic.append(new SnapshotRecord(record.key(), flipped));
            }
            default -> {
                release();
                overtaken = record;
            }
        }
    }

    private void release() {
        if (overtaken != null) {
            topic.append(overtaken);
            overtaken = null;
        }
    }
}
