package freshet.jobs.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk of its own that can be filled: a mounted tmpfs, which only root may mount. */
final class SmallDisk implements AutoCloseable {
    private static final int MEBIBYTE = 1 << 20;

    /** What a disk allows. */
    enum Access {
        READ_ONLY,
        READ_AND_WRITE
    }

    private final Path folder;
    private final Path ballast;

    private SmallDisk(Path folder) {
        this.folder = folder;
        this.ballast = folder.resolve("ballast");
    }

    /** Whether this machine lets us. */
    static boolean canBeMounted() {
        return "root".equals(System.getProperty("user.name"));
    }

    static SmallDisk mount(Path folder, int mebibytes) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", folder.toString());
        return new SmallDisk(folder);
    }

    /** Writes until there is no byte left. */
    void fill() {
        try (OutputStream out = Files.newOutputStream(ballast)) {
            byte[] zeros = new byte[MEBIBYTE];
            while (true) {
                out.write(zeros);
            }
        } catch (IOException full) {
            System.out.println("filled " + folder + ": " + full.getMessage());
        }
    }

    /** Gives the space back. */
    void free() throws IOException {
        Files.delete(ballast);
    }

    /** Lets nobody write, or lets them again. */
    void remount(Access access) throws IOException, InterruptedException {
        run("mount", "-o", "remount," + (access == Access.READ_ONLY ? "ro" : "rw"), folder.toString());
    }

    @Override
    public void close() throws IOException {
        try {
            run("umount", "--lazy", folder.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (exit != 0) {
            throw new IOException(String.join(" ", command) + ": exit code " + exit);
        }
    }
}
