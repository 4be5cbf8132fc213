package freshet.jobs.publish;

/**
 * Names one row of the model in keyed state.
 *
 * @param table index of the table in the model's specification
 * @param id of the row
 */
public record RowKey(int table, long id) {}
