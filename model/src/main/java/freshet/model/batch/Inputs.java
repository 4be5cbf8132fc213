package freshet.model.batch;

import freshet.model.math.CounterRandom;
import freshet.model.math.DropoutStream;
import freshet.model.optim.GradientNorm;
import freshet.model.optim.UpdateMoment;
import freshet.model.spec.CrossSpec;
import freshet.model.spec.EmbeddingSpec;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.Pooling;
import freshet.model.spec.RatesSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.EmbeddingTable;
import freshet.model.table.RowSource;
import java.util.Arrays;
import java.util.List;

/**
 * What lies between a batch and the dense network: the rows behind its ids, and from them the network's input and the logit
 * offsets; backwards, the gradients of the rows.
 *
 * <p>In order: {@link #gather}, then {@link #assemble} and {@link #offsets} as often as wanted, then {@link #backward} and
 * {@link #update}. Holds scratch memory: one thread.
 */
public final class Inputs {
    /** The step to give to {@link #gather} when nothing will be learnt. */
    public static final long NO_STEP = -1;

    /** As whom the shallow tower sees a batch. */
    public enum View {
        /** As a server: the features that are dropped when serving are missing. */
        SCORING,
        /** As the learner: those features are missing in some examples. */
        TRAINING
    }

    private final ModelSpec spec;
    private final int tasks;
    private final int inputWidth;
    private final RunningRates rates;
    /** By table index. */
    private final GatheredRows[] gathered;
    /** By element of {@code spec.embeddings()}. */
    private final Lookup[] embeddings;

    private final Lookup[] wide;
    /** By rate key. */
    private final Lookup[] rateLookups;

    private final CrossColumn[] rateColumns;
    /** {@code [key][gathered rows, inputsPerKey]}. */
    private final float[][] rateInputs;
    /** {@code [view][cross]}. */
    private final Lookup[][] shallow;

    private final CrossColumn[][] shallowColumns;
    private final long shallowKey;
    private final boolean[] droppedSlots;
    private final boolean[] noSlots;
    private Batch batch;

    public Inputs(ModelSpec spec) {
        this.spec = spec;
        this.batch = new Batch(spec);
        tasks = spec.taskCount();
        inputWidth = spec.inputWidth();
        rates = new RunningRates(spec);
        gathered = spec.tables().stream().map(GatheredRows::new).toArray(GatheredRows[]::new);
        embeddings = spec.embeddings().stream()
                .map(embedding -> new Lookup(gathered[embedding.table()]))
                .toArray(Lookup[]::new);
        wide = spec.wide().stream().map(table -> new Lookup(gathered[table])).toArray(Lookup[]::new);
        rateLookups = lookups(spec.rates().keys());
        rateColumns = columns(spec.rates().keys(), CrossColumn.Missing.NONE);
        rateInputs = new float[rateLookups.length][];
        Arrays.fill(rateInputs, new float[0]);
        List<CrossSpec> biases = spec.shallow().crosses();
        shallow = new Lookup[][] {lookups(biases), lookups(biases)};
        shallowColumns = new CrossColumn[][] {
            columns(biases, CrossColumn.Missing.OWN_ID), columns(biases, CrossColumn.Missing.OWN_ID)
        };
        shallowKey = CounterRandom.key(spec.seed(), DropoutStream.SHALLOW);
        noSlots = new boolean[spec.schema().idNames().size()];
        droppedSlots = new boolean[noSlots.length];
        spec.shallow().droppedSlots().forEach(slot -> droppedSlots[slot] = true);
    }

    private Lookup[] lookups(List<CrossSpec> crosses) {
        return crosses.stream()
                .map(cross -> new Lookup(gathered[cross.table()]))
                .toArray(Lookup[]::new);
    }

    private static CrossColumn[] columns(List<CrossSpec> crosses, CrossColumn.Missing missing) {
        return crosses.stream().map(cross -> new CrossColumn(cross, missing)).toArray(CrossColumn[]::new);
    }

    /**
     * Reads every row that the batch needs, each once.
     *
     * @param batch stays in use until the next call
     * @param tables by table index
     * @param step decides the dropout of the shallow tower; {@link #NO_STEP} when nothing will be learnt
     */
    public void gather(Batch batch, List<? extends RowSource> tables, long step) {
        this.batch = batch;
        for (GatheredRows rows : gathered) {
            rows.clear();
        }
        for (int feature = 0; feature < embeddings.length; feature++) {
            embeddings[feature].collect(column(feature));
        }
        for (int feature = 0; feature < wide.length; feature++) {
            wide[feature].collect(column(feature));
        }
        for (int key = 0; key < rateLookups.length; key++) {
            rateColumns[key].clear();
            for (int i = 0; i < batch.size(); i++) {
                rateColumns[key].addExample(batch, i, noSlots);
            }
            rateLookups[key].collect(rateColumns[key].column());
        }
        gatherShallow(View.SCORING, NO_STEP);
        if (step != NO_STEP) {
            gatherShallow(View.TRAINING, step);
        }
        for (int table = 0; table < gathered.length; table++) {
            gathered[table].read(tables.get(table));
        }
    }

    private IdColumn column(int feature) {
        return batch.column(spec.embeddings().get(feature).slot());
    }

    private void gatherShallow(View view, long step) {
        long key = CounterRandom.key(shallowKey, step);
        for (int cross = 0; cross < shallowColumns[view.ordinal()].length; cross++) {
            CrossColumn crossColumn = shallowColumns[view.ordinal()][cross];
            crossColumn.clear();
            for (int i = 0; i < batch.size(); i++) {
                boolean drop = view == View.SCORING
                        ? spec.shallow().missingWhenScoring()
                        : CounterRandom.uniform(key, i) < spec.shallow().dropout();
                crossColumn.addExample(batch, i, drop ? droppedSlots : noSlots);
            }
            shallow[view.ordinal()][cross].collect(crossColumn.column());
        }
    }

    /**
     * The network's input.
     *
     * @param globalRates {@code [tasks, 2]}: count and sum of the labels of each task
     * @param input receives {@code [batch, inputWidth]}: pooled embeddings, numbers, rates
     */
    public void assemble(float[] globalRates, float[] input) {
        Arrays.fill(input, 0, batch.size() * inputWidth, 0f);
        for (int feature = 0; feature < embeddings.length; feature++) {
            pool(spec.embeddings().get(feature), column(feature), embeddings[feature], input);
        }
        int numbersOffset = spec.numbersOffset();
        for (int number = 0; number < spec.numberSlots().size(); number++) {
            int slot = spec.numberSlots().get(number);
            for (int i = 0; i < batch.size(); i++) {
                input[i * inputWidth + numbersOffset + number] = batch.number(i, slot);
            }
        }
        for (int key = 0; key < rateLookups.length; key++) {
            rateInputs(key, globalRates, input);
        }
    }

    /** rows of the table -> their sum or mean in columns [inputOffset, inputOffset + dim) of the input. */
    private void pool(EmbeddingSpec embedding, IdColumn column, Lookup lookup, float[] input) {
        int dim = embedding.dim();
        float[] weights = lookup.rows().weights();
        for (int i = 0; i < batch.size(); i++) {
            int to = i * inputWidth + embedding.inputOffset();
            int from = column.start(i);
            int end = column.start(i + 1);
            for (int id = from; id < end; id++) {
                int row = lookup.index(id) * dim;
                for (int j = 0; j < dim; j++) {
                    input[to + j] += weights[row + j];
                }
            }
            if (embedding.pooling() == Pooling.MEAN && end - from > 1) {
                float share = 1f / (end - from);
                for (int j = 0; j < dim; j++) {
                    input[to + j] *= share;
                }
            }
        }
    }

    /** counts of the gathered rows -> mean over an example's ids of their inputs. */
    private void rateInputs(int key, float[] globalRates, float[] input) {
        int width = RatesSpec.inputsPerKey(tasks);
        Lookup lookup = rateLookups[key];
        GatheredRows rows = lookup.rows();
        if (rateInputs[key].length < rows.size() * width) {
            rateInputs[key] = new float[2 * rows.size() * width];
        }
        float[] ofRow = rateInputs[key];
        for (int row = 0; row < rows.size(); row++) {
            rates.inputs(rows.weights(), row * 2 * tasks, globalRates, ofRow, row * width);
        }
        IdColumn column = rateColumns[key].column();
        for (int i = 0; i < batch.size(); i++) {
            int to = i * inputWidth + spec.rates().inputOffset(key);
            int from = column.start(i);
            int end = column.start(i + 1);
            float share = 1f / Math.max(1, end - from);
            for (int id = from; id < end; id++) {
                int row = lookup.index(id) * width;
                for (int j = 0; j < width; j++) {
                    input[to + j] = Math.fma(share, ofRow[row + j], input[to + j]);
                }
            }
        }
    }

    /**
     * What is added to the network's heads: the global log-odds (where rates are configured), the wide part, the shallow tower.
     *
     * @param offsets receives {@code [batch, tasks]}
     */
    public void offsets(View view, float[] globalRates, float[] offsets) {
        for (int task = 0; task < tasks; task++) {
            float base = rateLookups.length == 0 ? 0 : rates.globalLogit(globalRates, task);
            for (int i = 0; i < batch.size(); i++) {
                offsets[i * tasks + task] = base;
            }
        }
        for (int feature = 0; feature < wide.length; feature++) {
            Pooling pooling = spec.embeddings().get(feature).pooling();
            addLogits(column(feature), wide[feature], pooling, offsets);
        }
        for (int cross = 0; cross < shallow[view.ordinal()].length; cross++) {
            IdColumn column = shallowColumns[view.ordinal()][cross].column();
            addLogits(column, shallow[view.ordinal()][cross], Pooling.MEAN, offsets);
        }
    }

    private void addLogits(IdColumn column, Lookup lookup, Pooling pooling, float[] offsets) {
        float[] weights = lookup.rows().weights();
        for (int i = 0; i < batch.size(); i++) {
            float share = share(column, i, pooling);
            for (int id = column.start(i); id < column.start(i + 1); id++) {
                int row = lookup.index(id) * tasks;
                for (int task = 0; task < tasks; task++) {
                    int at = i * tasks + task;
                    offsets[at] = Math.fma(share, weights[row + task], offsets[at]);
                }
            }
        }
    }

    private static float share(IdColumn column, int example, Pooling pooling) {
        return pooling == Pooling.SUM ? 1f : 1f / Math.max(1, column.start(example + 1) - column.start(example));
    }

    /** Gradients of the input [batch, inputWidth] and of the logits [batch, tasks] -> gradients of the rows. */
    public void backward(float[] dInput, float[] dLogits) {
        for (int feature = 0; feature < embeddings.length; feature++) {
            poolBackward(spec.embeddings().get(feature), column(feature), embeddings[feature], dInput);
        }
        for (int feature = 0; feature < wide.length; feature++) {
            Pooling pooling = spec.embeddings().get(feature).pooling();
            addLogitsBackward(column(feature), wide[feature], pooling, dLogits);
        }
        int training = View.TRAINING.ordinal();
        for (int cross = 0; cross < shallow[training].length; cross++) {
            IdColumn column = shallowColumns[training][cross].column();
            addLogitsBackward(column, shallow[training][cross], Pooling.MEAN, dLogits);
        }
    }

    private void poolBackward(EmbeddingSpec embedding, IdColumn column, Lookup lookup, float[] dInput) {
        int dim = embedding.dim();
        float[] gradients = lookup.rows().gradients();
        for (int i = 0; i < batch.size(); i++) {
            int from = i * inputWidth + embedding.inputOffset();
            float share = share(column, i, embedding.pooling());
            for (int id = column.start(i); id < column.start(i + 1); id++) {
                int row = lookup.index(id) * dim;
                lookup.rows().touch(lookup.index(id));
                for (int j = 0; j < dim; j++) {
                    gradients[row + j] = Math.fma(share, dInput[from + j], gradients[row + j]);
                }
            }
        }
    }

    private void addLogitsBackward(IdColumn column, Lookup lookup, Pooling pooling, float[] dLogits) {
        float[] gradients = lookup.rows().gradients();
        for (int i = 0; i < batch.size(); i++) {
            float share = share(column, i, pooling);
            for (int id = column.start(i); id < column.start(i + 1); id++) {
                int row = lookup.index(id) * tasks;
                lookup.rows().touch(lookup.index(id));
                for (int task = 0; task < tasks; task++) {
                    gradients[row + task] = Math.fma(share, dLogits[i * tasks + task], gradients[row + task]);
                }
            }
        }
    }

    /** Adds the gradients of all rows to a norm. */
    public void addTo(GradientNorm norm) {
        for (GatheredRows rows : gathered) {
            norm.add(rows.gradients(), 0, rows.size() * rows.width());
        }
    }

    /**
     * Moves every touched row against its gradient, and counts the labels of the batch, in its order, for the rates.
     *
     * @param globalRates {@code [tasks, 2]}: counted on
     */
    public void update(List<EmbeddingTable> tables, UpdateMoment moment, float[] globalRates) {
        countLabels(globalRates);
        for (int table = 0; table < gathered.length; table++) {
            if (spec.tables().get(table).kind() == TableSpec.Kind.RATE) {
                gathered[table].write(tables.get(table));
            } else {
                gathered[table].update(tables.get(table), moment);
            }
        }
    }

    private void countLabels(float[] globalRates) {
        for (int i = 0; i < batch.size(); i++) {
            for (int task = 0; task < tasks; task++) {
                float label = batch.labels()[i * tasks + task];
                float weight = batch.weights()[i * tasks + task];
                if (weight > 0) {
                    RunningRates.count(globalRates, 0, task, label, weight);
                    for (int key = 0; key < rateLookups.length; key++) {
                        countLabel(key, i, task, label, weight);
                    }
                }
            }
        }
    }

    private void countLabel(int key, int example, int task, float label, float weight) {
        Lookup lookup = rateLookups[key];
        IdColumn column = rateColumns[key].column();
        for (int id = column.start(example); id < column.start(example + 1); id++) {
            int row = lookup.index(id);
            lookup.rows().touch(row);
            RunningRates.count(lookup.rows().weights(), row * 2 * tasks, task, label, weight);
        }
    }
}
