package freshet.model.spec;

/**
 * How one sparse feature becomes dense: its ids' rows, pooled.
 *
 * @param feature name of the sparse feature
 * @param slot its slot in the {@code FeatureSchema}
 * @param table index into {@link ModelSpec#tables}; features may share one
 * @param dim length of a row
 * @param pooling how several rows become one
 * @param inputOffset where its {@code dim} numbers begin in the network's input
 */
public record EmbeddingSpec(String feature, int slot, int table, int dim, Pooling pooling, int inputOffset) {}
