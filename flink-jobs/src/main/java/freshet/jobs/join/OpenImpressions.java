package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.serde.event.Impression;

/**
 * The open impressions of one user in event order, as bytes of which {@link OpenImpression} is a view. Rows are numbered from
 * 0, the oldest. One owner, one thread.
 */
final class OpenImpressions {
    private final TimedBlocks impressions;
    private int tasks;

    OpenImpressions(ByteArena arena) {
        impressions = new TimedBlocks(arena);
    }

    boolean isEmpty() {
        return impressions.isEmpty();
    }

    int size() {
        return impressions.size();
    }

    /** How many tasks those that are open have; of no meaning where there are none. */
    int tasks() {
        return tasks;
    }

    long eventTimeMillis(int row) {
        return impressions.millis(row);
    }

    OpenImpression get(int row) {
        return new OpenImpression(impressions.array(row), impressions.offset(row), impressions.length(row), tasks);
    }

    /**
     * Opens one that is not older than the others.
     *
     * @param features as {@link freshet.features.extract.FeatureBytes}; empty for one that gets no label
     */
    OpenImpression add(Impression impression, byte[] features, int ofTasks) {
        tasks = ofTasks;
        ByteWriter out = new ByteWriter(features.length + 128);
        OpenImpression.write(out, impression, features, ofTasks);
        impressions.insert(size(), impression.eventTimeMillis(), out);
        return get(size() - 1);
    }

    /** Lets go of the oldest; no view of it may be used any more. */
    void removeOldest() {
        impressions.removeFirst();
    }

    /** Brings all of them into another shape. */
    void reshape(ShapeChange change) {
        for (int row = 0; row < size(); row++) {
            ByteWriter out = new ByteWriter(1024);
            get(row).writeReshaped(out, change);
            impressions.replace(row, out);
        }
        tasks = change.tasks().length;
    }

    /** Where they rest, for who keeps house. */
    TimedBlocks blocks() {
        return impressions;
    }

    /** Appends their number, that of the tasks, and each. */
    void writeTo(ByteWriter out) {
        out.writeVarLong(size());
        if (isEmpty()) {
            return;
        }
        out.writeVarLong(tasks);
        long last = 0;
        for (int row = 0; row < size(); row++) {
            get(row).writeTo(out, last);
            last = eventTimeMillis(row);
        }
    }

    static OpenImpressions readFrom(ByteReader in, ByteArena arena) {
        OpenImpressions open = new OpenImpressions(arena);
        int size = in.readCount(5);
        open.tasks = size == 0 ? 0 : in.readCount(1);
        long last = 0;
        ByteWriter encoded = new ByteWriter(1024);
        for (int row = 0; row < size; row++) {
            encoded.clear();
            last = OpenImpression.read(in, last, open.tasks, encoded);
            open.impressions.insert(row, last, encoded);
        }
        return open;
    }
}
