package freshet.jobs.faults;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
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
        port = ProcessCluster.freePort();
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-Dzookeeper.admin.enableServer=false",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SERVER,
                        "" + port,
                        folder.resolve("data").toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("zookeeper.out").toFile())
                .start();
        await("ZooKeeper; see " + folder).until(this::answers);
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 500);
            return true;
        } catch (IOException notYet) {
            return false;
        }
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
