package freshet.jobs.recover;

import freshet.jobs.recover.Retained.Contents;
import freshet.jobs.recover.Retained.Incomplete;
import freshet.jobs.recover.Retained.Whole;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * By what the state of one job of one deployment is known. Flink names a checkpoint's folder by a number that is drawn for each run.
 *
 * @param uid of an operator that no other job has
 * @param topics that the deployment has: what its sources read is among them
 */
public record JobState(String uid, Set<String> topics) {
    public JobState {
        topics = Set.copyOf(topics);
    }

    /**
     * Those of many that are of this job, in their order. One that cannot be read is of the job that others beside it are of.
     */
    public List<Retained> among(List<Retained> all) {
        Set<String> groups = new HashSet<>();
        for (Retained one : all) {
            if (contents(one).filter(this::isMine).isPresent()) {
                groups.add(one.group());
            }
        }
        return all.stream()
                .filter(one -> contents(one).map(this::isMine).orElse(groups.contains(one.group())))
                .toList();
    }

    private boolean isMine(Contents contents) {
        return contents.uids().contains(uid)
                && contents.offsets().keySet().stream().allMatch(partition -> topics.contains(partition.topic()));
    }

    private static Optional<Contents> contents(Retained one) {
        if (one.state() instanceof Whole whole) {
            return Optional.of(whole.contents());
        }
        return one.state() instanceof Incomplete incomplete ? Optional.of(incomplete.contents()) : Optional.empty();
    }
}
