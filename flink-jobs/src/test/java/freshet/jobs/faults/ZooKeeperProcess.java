package freshet.jobs.faults;

import static org.awaitility.Awaitility.await;

import freshet.jobs.local.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A ZooKeeper server as a process of its own, the one that Flink's client brings along: a JobManager keeps in it what it must not forget. */
final class ZooKeeperProcess implements AutoCloseable {
    private static final String SERVER =
            "org.apache.flink.shaded.zookeeper3.org.apache.zookeeper.server.ZooKeeperServerMain";

    private final Path folder;
    private final int port;
    private final Process process;

    ZooKeeperProcess(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder);
        port = Machine.freePort();
        process = JavaProcess.start(
                folder,
                "zookeeper",
                Map.of(),
                List.of("-Xmx128m", "-Dzookeeper.admin.enableServer=false"),
                SERVER,
                List.of("" + port, folder.resolve("data").toString()));
        await("ZooKeeper; see " + folder).until(() -> JavaProcess.answers(port));
    }

    /** Flink's settings for a JobManager that is found again, with all its jobs. */
    Map<String, String> highAvailability() {
        return Map.of(
                "high-availability.type",
                "zookeeper",
                "high-availability.zookeeper.quorum",
                "127.0.0.1:" + port,
                // A JobManager that died leads until its session is over: a minute, if nobody says otherwise.
                "high-availability.zookeeper.client.session-timeout",
                "10000",
                "high-availability.storageDir",
                folder.resolve("ha").toUri().toString());
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
