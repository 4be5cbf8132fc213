package freshet.jobs.order;

/**
 * Where blocks of waiting examples lie that are not kept in memory: keyed state in the job, a map in tests. The operator's thread.
 */
public interface WaitingBlocks {

    /** Keeps a block under a number of its own. */
    void put(long number, byte[] block);

    /** Gives a block back and forgets it. */
    byte[] take(long number);
}
