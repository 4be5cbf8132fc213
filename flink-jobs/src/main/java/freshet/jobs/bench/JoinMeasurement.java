package freshet.jobs.bench;

/**
 * What one run gave. A record of plain fields, since it travels from the measured process as JSON.
 *
 * @param label the variant's, with the number of viewers where that is not the usual one
 * @param viewers how many viewers were drawn from
 * @param impressions in the whole run, the warm-up included
 * @param events impressions and feedback of the measured stretch
 * @param cpuSeconds of the process in the stretch
 * @param wallSeconds of the stretch
 * @param readsPerEvent of users, from the state backend, in the stretch; 0 for all but our join, as below
 * @param writesPerEvent likewise
 * @param stateBytesPerUser bytes of state of the users written so far
 * @param checkpoints completed in the whole run
 * @param syncPauseMillis how long a checkpoint stopped the slowest task, on average
 * @param longestSyncPauseMillis likewise, at worst
 */
record JoinMeasurement(
        String label,
        int viewers,
        long impressions,
        long events,
        double cpuSeconds,
        double wallSeconds,
        double readsPerEvent,
        double writesPerEvent,
        double stateBytesPerUser,
        long checkpoints,
        double syncPauseMillis,
        double longestSyncPauseMillis) {

    double eventsPerCpuSecond() {
        return events / cpuSeconds;
    }

    double cpuMicrosPerEvent() {
        return 1e6 * cpuSeconds / events;
    }
}
