package freshet.jobs.bench;

import org.apache.flink.runtime.checkpoint.AbstractCheckpointStats;
import org.apache.flink.runtime.checkpoint.CheckpointStatsSnapshot;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;

/**
 * For how long checkpoints stopped the slowest task of a job that has ended.
 *
 * @param completed checkpoints that were completed
 */
record SyncPauses(long completed, double meanMillis, double longestMillis) {

    static SyncPauses of(MiniCluster cluster, JobGraph job) throws Exception {
        CheckpointStatsSnapshot taken =
                cluster.getExecutionGraph(job.getJobID()).get().getCheckpointStatsSnapshot();
        double sum = 0;
        double longest = 0;
        int checkpoints = 0;
        for (AbstractCheckpointStats checkpoint : taken.getHistory().getCheckpoints()) {
            long pause = longestMillis(checkpoint);
            checkpoints++;
            sum += pause;
            longest = Math.max(longest, pause);
        }
        return new SyncPauses(
                taken.getCounts().getNumberOfCompletedCheckpoints(), checkpoints == 0 ? 0 : sum / checkpoints, longest);
    }

    /** For how long one checkpoint stopped the slowest task. */
    static long longestMillis(AbstractCheckpointStats checkpoint) {
        return checkpoint.getAllTaskStateStats().stream()
                .mapToLong(task ->
                        task.getSummaryStats().getSyncCheckpointDurationStats().getMaximum())
                .max()
                .orElse(0);
    }
}
