package freshet.jobs.simulation;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Something that runs by itself: a job, or a server. */
interface Actor {

    /** Its threads: each does one thing and says what, or nothing where there is nothing to do. */
    List<Supplier<Optional<String>>> threads();
}
