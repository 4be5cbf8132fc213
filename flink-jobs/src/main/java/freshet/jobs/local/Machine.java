package freshet.jobs.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is asked of the machine before something is started on it: ports, disk, temporary folders. Any thread. */
public final class Machine {
    private static final Logger LOG = LoggerFactory.getLogger(Machine.class);
    private static final long MEBIBYTE = 1 << 20;

    private Machine() {}

    /** A TCP port of the loopback interface that nobody listens on now. */
    public static int freePort() {
        try (ServerSocket socket = bind(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new CannotStartException("cannot open a port on the loopback interface: " + e.getMessage(), e);
        }
    }

    /**
     * Throws if somebody listens on a port already.
     *
     * @param forWhat what the port is for, as in "the dashboard"
     * @param option the option that chooses another
     */
    static void requireFree(int port, String forWhat, String option) {
        try (ServerSocket socket = bind(port)) {
            LOG.debug("port {} is free", socket.getLocalPort());
        } catch (IOException e) {
            throw new CannotStartException(
                    "port " + port + " for " + forWhat + " is in use; stop what listens there, or choose another with "
                            + option + " (0: any free one)",
                    e);
        }
    }

    private static ServerSocket bind(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        try {
            // As servers do: a port in TIME_WAIT is free.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Throws if the disk below a folder, which must exist, has less room than this. */
    static void requireDisk(Path folder, long mebibytes, String option) {
        try {
            long free = Files.getFileStore(folder).getUsableSpace() / MEBIBYTE;
            if (free < mebibytes) {
                throw new CannotStartException("not enough disk below " + folder + ": found " + free
                        + " MiB free, expected " + mebibytes + "; free some, or choose another disk with " + option);
            }
        } catch (IOException e) {
            throw new CannotStartException("cannot use the folder " + folder + ": " + e, e);
        }
    }

    /** Removes a folder and everything in it; what cannot be removed is left, with a line in the log. */
    public static void removeFolder(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE; // somebody who is closing removed it first
                    }
                    throw e;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                    if (e != null) {
                        throw e;
                    }
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            LOG.warn("could not remove the temporary folder {}: {}", folder, e.toString());
        }
    }
}
