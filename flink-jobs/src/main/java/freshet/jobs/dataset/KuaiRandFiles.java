package freshet.jobs.dataset;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of one KuaiRand import, each plain or gzip.
 *
 * @param logs the logs of impressions with their feedback; at least one
 * @param users user features
 * @param videos basic video features
 * @param warm what each user did before the logs begin
 */
public record KuaiRandFiles(
        List<Path> logs,
        @Nullable Path users,
        @Nullable Path videos,
        @Nullable Path warm) {

    public KuaiRandFiles {
        logs = List.copyOf(logs);
        if (logs.isEmpty()) {
            throw new ImportException("import kuairand: found no log, expected at least one --log FILE");
        }
    }
}
