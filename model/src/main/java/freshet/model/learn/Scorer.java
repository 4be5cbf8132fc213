package freshet.model.learn;

import freshet.model.layer.NamedTensor;
import freshet.model.spec.ModelSpec;
import freshet.model.table.RowSource;
import freshet.serde.example.FeatureValues;
import java.util.List;

/**
 * The forward pass as a server runs it: features in, predictions out. The learner scores through this same class, so a scorer
 * over the tensors and rows of a snapshot gives the learner's predictions to the bit. Holds scratch memory: one thread.
 */
public final class Scorer {

    /**
     * @param tensors as {@link Learner#denseTensors} gives them
     * @param tables by table index of {@code spec.tables()}
     */
    public Scorer(ModelSpec spec, List<NamedTensor> tensors, List<? extends RowSource> tables) {
        throw new UnsupportedOperationException("follows");
    }

    /**
     * Scores every task of every candidate.
     *
     * @param predictions receives {@code [features.size()][tasks]}, row by row; see {@link Learner#step}
     */
    public void score(List<FeatureValues> features, float[] predictions) {
        throw new UnsupportedOperationException("follows");
    }

    /**
     * Everything before the dense network: what a server that runs the network elsewhere (ONNX) feeds it with. The logit of
     * a task is the network's head plus its logit offset; the prediction is its logistic function, or the logit itself for a
     * squared task.
     *
     * @param input receives {@code [features.size()][spec.inputWidth()]}
     * @param logitOffsets receives {@code [features.size()][tasks]}: wide, shallow and global log-odds
     */
    public void assemble(List<FeatureValues> features, float[] input, float[] logitOffsets) {
        throw new UnsupportedOperationException("follows");
    }
}
