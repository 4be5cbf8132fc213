package freshet.jobs.train;

import freshet.jobs.order.WaitingBlocks;
import freshet.model.table.RowStore;

/** Where a trainer keeps what need not be in memory; what it holds is part of the same checkpoint as the trainer. */
interface TrainStorage {

    /** The rows of one table of the model. */
    RowStore rows(int table);

    /** Examples that wait for their turn. */
    WaitingBlocks waiting();
}
