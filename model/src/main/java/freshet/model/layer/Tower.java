package freshet.model.layer;

import freshet.model.math.ElementKernel;
import freshet.model.math.ProductKernel;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import java.util.List;

/**
 * One task's tower: hidden layers with ReLU and a last linear one, which gives the head. It may read heads of tasks before
 * it beside its input, as further columns: what those towers say, without the bias that is added to their logits, so that a
 * bias is not learnt as relevance by this way. No gradient flows back through a head that is read, unless asked for.
 *
 * <p>Threads as with {@link DenseLayer}.
 */
final class Tower {
    private final int task;
    private final int inputs;
    private final int[] reads;
    private final boolean gradientFlows;
    private final Mlp mlp;
    private Activation x = Activation.of(0, 0);
    private Activation heads = x;
    private DenseLayer.Into into = DenseLayer.Into.SET;
    /** {@code [batch, inputs + reads]}: the input with the heads beside it. */
    private Activation joined = x;

    Tower(ParameterLayout layout, ElementKernel elements, ModelSpec spec, int task, int inputs) {
        TaskSpec of = spec.tasks().get(task);
        this.task = task;
        this.inputs = inputs;
        reads = of.reads().stream().mapToInt(spec::taskIndex).toArray();
        gradientFlows = reads.length > 0 && of.readGradient() == TaskSpec.ReadGradient.FLOW;
        String name = "tower." + of.name();
        mlp = new Mlp(layout, elements, name, task, inputs + reads.length, spec.tower())
                .withHead(layout, name, task, 1);
    }

    List<DenseLayer> layers() {
        return mlp.layers();
    }

    /** Whether it adds to the gradients of heads that it reads. */
    boolean gradientFlows() {
        return gradientFlows;
    }

    /**
     * Makes room for this many examples.
     *
     * @param newX [batch, inputs]
     * @param newHeads [batch, tasks]: this task's column is written, those of earlier tasks are read
     * @param newInto whether this tower is the first to give the input its gradient
     */
    void connect(Activation newX, Activation newHeads, int batch, DenseLayer.Into newInto) {
        x = newX;
        heads = newHeads;
        into = newInto;
        if (reads.length == 0) {
            mlp.connect(x, heads.fromColumn(task), batch, into);
        } else {
            joined = Activation.of(batch, inputs + reads.length);
            mlp.connect(joined, heads.fromColumn(task), batch, DenseLayer.Into.SET);
        }
    }

    /** Rows {@code [from, to)}, after the towers that it reads. */
    void forward(ProductKernel kernel, int from, int to) {
        if (reads.length > 0) {
            join(from, to);
        }
        mlp.forward(kernel, from, to);
    }

    private void join(int from, int to) {
        MatrixView in = x.values();
        MatrixView out = joined.values();
        for (int i = from; i < to; i++) {
            System.arraycopy(in.values(), in.row(i), out.values(), out.row(i), inputs);
            for (int read = 0; read < reads.length; read++) {
                out.values()[out.row(i) + inputs + read] =
                        heads.values().values()[heads.values().row(i) + reads[read]];
            }
        }
    }

    /** Rows {@code [from, to)}, after the towers that read it: the head's gradient -> the input's. */
    void backward(ProductKernel kernel, int from, int to) {
        mlp.backward(kernel, from, to);
        if (reads.length > 0) {
            dealOut(from, to);
        }
    }

    private void dealOut(int from, int to) {
        MatrixView dJoined = joined.gradients();
        MatrixView dx = x.gradients();
        MatrixView dHeads = heads.gradients();
        for (int i = from; i < to; i++) {
            int at = dJoined.row(i);
            if (into == DenseLayer.Into.SET) {
                System.arraycopy(dJoined.values(), at, dx.values(), dx.row(i), inputs);
            } else {
                for (int j = 0; j < inputs; j++) {
                    dx.values()[dx.row(i) + j] += dJoined.values()[at + j];
                }
            }
            for (int read = 0; gradientFlows && read < reads.length; read++) {
                dHeads.values()[dHeads.row(i) + reads[read]] += dJoined.values()[at + inputs + read];
            }
        }
    }
}
