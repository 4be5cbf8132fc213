/**
 * Rows by id: embeddings, wide weights and running rates. A table belongs to one thread.
 */
@NullMarked
package freshet.model.table;

import org.jspecify.annotations.NullMarked;
