/**
 * Counts that outlive a restart and how they reach people. Flink's counters begin at zero after a restore, so what must add
 * up lives in operator state; it is shown as gauges and travels as {@link freshet.jobs.metric.LedgerPart}s to whoever writes
 * the ledger. Called on task threads; gauges are read from Flink's metric threads.
 */
@NullMarked
package freshet.jobs.metric;

import org.jspecify.annotations.NullMarked;
