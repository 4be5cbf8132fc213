package freshet.model.batch;

import freshet.model.math.CounterRandom;
import freshet.model.math.Crew;
import freshet.model.math.DropoutStream;
import freshet.model.math.ElementKernel;
import freshet.model.math.ProductKernel;
import freshet.model.optim.GradientNorm;
import freshet.model.optim.UpdateMoment;
import freshet.model.quantile.RankTables;
import freshet.model.spec.CrossSpec;
import freshet.model.spec.EmbeddingSpec;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.Pooling;
import freshet.model.spec.QuantileSpec;
import freshet.model.spec.RatesSpec;
import freshet.model.spec.TableSpec;
import freshet.model.table.EmbeddingTable;
import freshet.model.table.RowSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What lies between a batch and the dense network: the rows behind its ids, and from them the network's input and the logit
 * offsets; backwards, the gradients of the rows.
 *
 * <p>In order: {@link #gather}, then {@link #assemble} and {@link #offsets} as often as wanted, then {@link #backward} and
 * {@link #update}.
 *
 * <p>Called by one thread, which shares the work out over a {@link Crew}: examples, where each has its own result; tables, where
 * the rows of a table do, since an id's gradient is a sum over examples in order.
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

    /** Examples that one thread takes in one go. */
    private static final int EXAMPLES_TOGETHER = 32;

    private final Crew crew;
    private final ElementKernel elements;
    private final ModelSpec spec;
    private final int tasks;
    private final int inputWidth;
    private final RunningRates rates;
    /** By table index. */
    private final GatheredRows[] gathered;
    /** By table index: the sum of the squares of all gradients. */
    private final double[] gradientSquares;
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
    private final int[] numberSlots;
    private final int[] rankSlots;
    private final int numbersOffset;
    /** By element of {@code spec.embeddings()}. */
    private final int[] inputOffsets;

    /** {@code [table]}: by whom its rows are asked for, in this order. */
    private final List<List<Lookup>> lookupsOfTable = new ArrayList<>();

    private Batch batch;

    // What the threads are to do now.
    private List<? extends RowSource> sources = List.of();
    private List<EmbeddingTable> tables = List.of();
    private View view = View.SCORING;
    private boolean training;
    private float[] globalRates = new float[0];
    private float[] rankTables = new float[0];
    private float[] matrix = new float[0];
    private float[] dLogits = new float[0];
    private UpdateMoment moment = new UpdateMoment(0, 0, 0, 0);
    private final Crew.Job gatherTable = this::gatherTable;
    private final Crew.Job assembleExamples = this::assembleExamples;
    private final Crew.Job rateInputsOfKey = this::rateInputsOfKey;
    private final Crew.Job offsetExamples = this::offsetExamples;
    private final Crew.Job backwardTable = this::backwardTable;
    private final Crew.Job updateTable = this::updateTable;

    public Inputs(ModelSpec spec, Crew crew) {
        this.crew = crew;
        elements = crew.elements();
        this.spec = spec;
        this.batch = new Batch(spec, crew);
        tasks = spec.taskCount();
        inputWidth = spec.inputWidth();
        rates = new RunningRates(spec);
        gathered = spec.tables().stream().map(GatheredRows::new).toArray(GatheredRows[]::new);
        gradientSquares = new double[gathered.length];
        embeddings = spec.embeddings().stream()
                .map(embedding -> new Lookup(gathered[embedding.table()], embedding.pooling()))
                .toArray(Lookup[]::new);
        wide = new Lookup[spec.wide().size()];
        Arrays.setAll(
                wide,
                feature -> new Lookup(
                        gathered[spec.wide().get(feature)],
                        spec.embeddings().get(feature).pooling()));
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
        numbersOffset = spec.numbersOffset();
        inputOffsets =
                spec.embeddings().stream().mapToInt(EmbeddingSpec::inputOffset).toArray();
        numberSlots = spec.numberSlots().stream().mapToInt(Integer::intValue).toArray();
        rankSlots =
                spec.quantiles().slots().stream().mapToInt(Integer::intValue).toArray();
        spec.shallow().droppedSlots().forEach(slot -> droppedSlots[slot] = true);
        for (GatheredRows rows : gathered) {
            lookupsOfTable.add(Stream.of(embeddings, wide, rateLookups, shallow[0], shallow[1])
                    .flatMap(Arrays::stream)
                    .filter(lookup -> lookup.rows() == rows)
                    .toList());
        }
    }

    private Lookup[] lookups(List<CrossSpec> crosses) {
        return crosses.stream()
                .map(cross -> new Lookup(gathered[cross.table()], Pooling.MEAN))
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
        training = step != NO_STEP;
        for (int feature = 0; feature < embeddings.length; feature++) {
            embeddings[feature].read(column(feature));
        }
        for (int feature = 0; feature < wide.length; feature++) {
            wide[feature].read(column(feature));
        }
        for (int key = 0; key < rateLookups.length; key++) {
            rateColumns[key].clear();
            for (int i = 0; i < batch.size(); i++) {
                rateColumns[key].addExample(batch, i, noSlots);
            }
            rateLookups[key].read(rateColumns[key].column());
        }
        crossIds(View.SCORING, NO_STEP);
        crossIds(View.TRAINING, step);
        sources = tables;
        eachTable(tables, gatherTable);
    }

    private IdColumn column(int feature) {
        return batch.column(spec.embeddings().get(feature).slot());
    }

    /** The combined ids of the shallow tower; none for training when nothing will be learnt. */
    private void crossIds(View as, long step) {
        long key = CounterRandom.key(shallowKey, step);
        for (int cross = 0; cross < shallowColumns[as.ordinal()].length; cross++) {
            CrossColumn crossColumn = shallowColumns[as.ordinal()][cross];
            crossColumn.clear();
            for (int i = 0; i < batch.size() && (as == View.SCORING || training); i++) {
                boolean drop = as == View.SCORING
                        ? spec.shallow().missingWhenScoring()
                        : CounterRandom.uniform(key, i) < spec.shallow().dropout();
                crossColumn.addExample(batch, i, drop ? droppedSlots : noSlots);
            }
            shallow[as.ordinal()][cross].read(crossColumn.column());
        }
    }

    private void gatherTable(int table, ProductKernel kernel) {
        boolean isRate = spec.tables().get(table).kind() == TableSpec.Kind.RATE;
        List<Lookup> lookups = lookupsOfTable.get(table);
        int ids = 0;
        for (int i = 0; i < lookups.size(); i++) {
            ids += lookups.get(i).column().size();
        }
        gathered[table].clear(
                training ? GatheredRows.Use.LEARNING : isRate ? GatheredRows.Use.COUNTING : GatheredRows.Use.SCORING,
                ids);
        for (int i = 0; i < lookups.size(); i++) {
            lookups.get(i).collect();
        }
        gathered[table].read(sources.get(table));
    }

    /** Shares out tables, unless one of them must be left to its own thread. */
    private void eachTable(List<? extends RowSource> of, Crew.Job job) {
        for (int table = 0; table < gathered.length; table++) {
            if (!of.get(table).anyThread()) {
                crew.runAlone(gathered.length, job);
                return;
            }
        }
        crew.run(gathered.length, job);
    }

    private void eachExample(Crew.Job job) {
        crew.run((batch.size() + EXAMPLES_TOGETHER - 1) / EXAMPLES_TOGETHER, job);
    }

    private int firstExample(int piece) {
        return piece * EXAMPLES_TOGETHER;
    }

    private int endExample(int piece) {
        return Math.min((piece + 1) * EXAMPLES_TOGETHER, batch.size());
    }

    /**
     * The network's input.
     *
     * @param counted global rates and tables of ranks
     * @param input receives {@code [batch, inputWidth]}: pooled embeddings, numbers, rates, ranks
     */
    public void assemble(Counted counted, float[] input) {
        globalRates = counted.globalRates();
        rankTables = counted.rankTables();
        matrix = input;
        crew.run(rateLookups.length, rateInputsOfKey);
        eachExample(assembleExamples);
    }

    private void assembleExamples(int piece, ProductKernel kernel) {
        int from = firstExample(piece);
        int to = endExample(piece);
        for (int feature = 0; feature < embeddings.length; feature++) {
            embeddings[feature].pool(elements, from, to, matrix, inputOffsets[feature], inputWidth);
        }
        for (int number = 0; number < numberSlots.length; number++) {
            for (int i = from; i < to; i++) {
                matrix[i * inputWidth + numbersOffset + number] = batch.number(i, numberSlots[number]);
            }
        }
        for (int key = 0; key < rateLookups.length; key++) {
            poolRates(key, from, to);
        }
        for (int feature = 0; feature < rankSlots.length; feature++) {
            rank(feature, from, to);
        }
    }

    private void rank(int feature, int firstExample, int endExample) {
        QuantileSpec quantiles = spec.quantiles();
        int table = feature * quantiles.edges();
        int offset = quantiles.inputOffset() + feature * QuantileSpec.INPUTS;
        for (int i = firstExample; i < endExample; i++) {
            float rank = RankTables.rank(rankTables, table, quantiles.intervals(), batch.number(i, rankSlots[feature]));
            RankTables.inputs(rank, matrix, i * inputWidth + offset);
        }
    }

    /** Counts of the gathered rows -> their inputs. */
    private void rateInputsOfKey(int key, ProductKernel kernel) {
        int width = RatesSpec.inputsPerKey(tasks);
        GatheredRows rows = rateLookups[key].rows();
        if (rateInputs[key].length < rows.size() * width) {
            rateInputs[key] = new float[2 * rows.size() * width];
        }
        for (int row = 0; row < rows.size(); row++) {
            rates.inputs(rows.weights(), row * 2 * tasks, globalRates, rateInputs[key], row * width);
        }
    }

    /** The mean over an example's ids of their inputs. */
    private void poolRates(int key, int firstExample, int endExample) {
        int width = RatesSpec.inputsPerKey(tasks);
        Lookup lookup = rateLookups[key];
        IdColumn column = lookup.column();
        float[] ofRow = rateInputs[key];
        for (int i = firstExample; i < endExample; i++) {
            int to = i * inputWidth + spec.rates().inputOffset(key);
            Arrays.fill(matrix, to, to + width, 0f);
            for (int id = column.start(i); id < column.start(i + 1); id++) {
                float share = lookup.weight(i, id);
                int row = lookup.index(id) * width;
                for (int j = 0; j < width; j++) {
                    matrix[to + j] = Math.fma(share, ofRow[row + j], matrix[to + j]);
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
        this.view = view;
        this.globalRates = globalRates;
        matrix = offsets;
        eachExample(offsetExamples);
    }

    private void offsetExamples(int piece, ProductKernel kernel) {
        int from = firstExample(piece);
        int to = endExample(piece);
        for (int task = 0; task < tasks; task++) {
            float base = rateLookups.length == 0 ? 0 : rates.globalLogit(globalRates, task);
            for (int i = from; i < to; i++) {
                matrix[i * tasks + task] = base;
            }
        }
        for (Lookup lookup : wide) {
            addLogits(lookup, from, to);
        }
        for (Lookup lookup : shallow[view.ordinal()]) {
            addLogits(lookup, from, to);
        }
    }

    private void addLogits(Lookup lookup, int from, int to) {
        IdColumn column = lookup.column();
        float[] weights = lookup.rows().weights();
        for (int i = from; i < to; i++) {
            for (int id = column.start(i); id < column.start(i + 1); id++) {
                float share = lookup.weight(i, id);
                int row = lookup.index(id) * tasks;
                for (int task = 0; task < tasks; task++) {
                    int at = i * tasks + task;
                    matrix[at] = Math.fma(share, weights[row + task], matrix[at]);
                }
            }
        }
    }

    /** Gradients of the input [batch, inputWidth] and of the logits [batch, tasks] -> gradients of the rows. */
    public void backward(float[] dInput, float[] dLogits) {
        matrix = dInput;
        this.dLogits = dLogits;
        crew.run(gathered.length, backwardTable);
    }

    private void backwardTable(int table, ProductKernel kernel) {
        GatheredRows rows = gathered[table];
        for (int feature = 0; feature < embeddings.length; feature++) {
            if (embeddings[feature].rows() == rows) {
                embeddings[feature].poolBackward(elements, matrix, inputOffsets[feature], inputWidth);
            }
        }
        for (Lookup lookup : wide) {
            if (lookup.rows() == rows) {
                lookup.poolBackward(elements, dLogits, 0, tasks);
            }
        }
        for (Lookup lookup : shallow[View.TRAINING.ordinal()]) {
            if (lookup.rows() == rows) {
                lookup.poolBackward(elements, dLogits, 0, tasks);
            }
        }
        gradientSquares[table] = GradientNorm.squares(rows.gradients(), 0, rows.size() * rows.width());
    }

    /** After {@link #backward}: adds the gradients of all rows to a norm. */
    public void addTo(GradientNorm norm) {
        for (double squares : gradientSquares) {
            norm.add(squares);
        }
    }

    /**
     * Moves every touched row against its gradient, and counts the labels of the batch, in its order, for the rates.
     *
     * @param globalRates {@code [tasks, 2]}: counted on
     */
    public void update(List<EmbeddingTable> tables, UpdateMoment moment, float[] globalRates) {
        countLabels(globalRates);
        this.tables = tables;
        this.moment = moment;
        eachTable(tables, updateTable);
    }

    private void updateTable(int table, ProductKernel kernel) {
        if (spec.tables().get(table).kind() == TableSpec.Kind.RATE) {
            gathered[table].write(tables.get(table));
        } else {
            gathered[table].update(tables.get(table), moment);
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
        IdColumn column = lookup.column();
        for (int id = column.start(example); id < column.start(example + 1); id++) {
            int row = lookup.index(id);
            lookup.rows().touch(row);
            RunningRates.count(lookup.rows().weights(), row * 2 * tasks, task, label, weight);
        }
    }
}
