package freshet.model.learn;

import freshet.model.layer.NamedTensor;
import freshet.model.spec.ModelSpec;
import freshet.model.table.RowConsumer;
import freshet.serde.example.LabeledExample;
import java.util.List;

/**
 * The learner: one model and everything it must remember to go on. {@code restore(save(L)).step(b)} equals {@code L.step(b)}
 * to the bit, where save is {@link #saveDense} together with all rows.
 *
 * <p>One thread.
 */
public final class Learner {
    private final ModelSpec spec;

    public Learner(ModelSpec spec) {
        this.spec = spec;
    }

    /** What became of a mini-batch. */
    public enum Outcome {
        /** Scored and learnt. */
        LEARNT,
        /** Scored, not learnt: a feature, label or weight was not finite. The model is as before. */
        REFUSED_INPUT,
        /** Scored, not learnt: the gradient was not finite. The model is as before. */
        REFUSED_GRADIENT
    }

    public ModelSpec spec() {
        return spec;
    }

    /**
     * Scores every task of every example as {@link #score} does, then learns from the labels.
     *
     * @param batch in the order of learning; not empty
     * @param predictions receives {@code [batch.size()][tasks]}, row by row: a probability for a logistic task, the expected
     *     label for a squared one; NaN for an example that is itself not finite
     */
    public Outcome step(List<LabeledExample> batch, float[] predictions) {
        throw new UnsupportedOperationException("follows");
    }

    /**
     * Scores without learning, as a server does: without dropout, and with the features that are dropped when serving
     * missing.
     *
     * @param predictions as in {@link #step}
     */
    public void score(List<LabeledExample> batch, float[] predictions) {
        throw new UnsupportedOperationException("follows");
    }

    /** Number of batches learnt so far. */
    public long steps() {
        throw new UnsupportedOperationException("follows");
    }

    /** Everything but the rows: parameters, optimizer state, global rates, counters. */
    public byte[] saveDense() {
        throw new UnsupportedOperationException("follows");
    }

    /** Takes over what {@link #saveDense} wrote. */
    public void restoreDense(byte[] saved) {
        throw new UnsupportedOperationException("follows");
    }

    /** Number of tables of rows; {@code spec().tables()} describes them by index. */
    public int tableCount() {
        return spec.tables().size();
    }

    public String tableName(int table) {
        return spec.tables().get(table).name();
    }

    /** Number of rows of a table. */
    public int rowCount(int table) {
        throw new UnsupportedOperationException("follows");
    }

    /** Hands over every row touched since the last call, whole: {@code float[rowWidth]}, weights then optimizer slots. */
    public void drainDirty(int table, RowConsumer consumer) {
        throw new UnsupportedOperationException("follows");
    }

    /** Puts back a row that {@link #drainDirty} handed over; it does not count as touched. */
    public void restoreRow(int table, long id, float[] row) {
        throw new UnsupportedOperationException("follows");
    }

    /** Hands over every row in ascending order of (signed) id, weights only: {@code float[width]}. */
    public void forEachRow(int table, RowConsumer consumer) {
        throw new UnsupportedOperationException("follows");
    }

    /**
     * Copies of all dense parameters, as {@code ParameterLayout} names them, and last {@code rates.global [tasks, 2]}: count
     * and sum of labels of each task.
     */
    public List<NamedTensor> denseTensors() {
        throw new UnsupportedOperationException("follows");
    }
}
