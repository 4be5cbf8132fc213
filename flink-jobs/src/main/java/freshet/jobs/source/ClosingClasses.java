package freshet.jobs.source;

/**
 * What the Kafka client needs to close its connections, loaded while that is still possible. When a job ends, Flink's JobManager closes the
 * job's class loader without waiting for the admin clients of its sources: one that loads this class only then, as it does, fails, and its
 * connections stay open for as long as the JobManager lives, six for each job ({@code RestartLeakTest}).
 */
final class ClosingClasses {
    private static final String CLOSE_MODE = "org.apache.kafka.common.network.Selector$CloseMode";

    private ClosingClasses() {}

    /** Loads them with the class loader of this class, as the client's own would. */
    static void load() {
        try {
            Class.forName(CLOSE_MODE, true, ClosingClasses.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            // Another release of the client, which closes itself in some other way.
        }
    }
}
