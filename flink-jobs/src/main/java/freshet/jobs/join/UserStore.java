package freshet.jobs.join;

import org.jspecify.annotations.Nullable;

/** Where users rest that are not in memory: keyed state in a job, a map in tests. Called on the task's thread. */
interface UserStore {

    /** What was saved last for a user; null for one who never was. */
    byte @Nullable [] load(String userId);

    void save(String userId, byte[] bytes);
}
