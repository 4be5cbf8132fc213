package freshet.jobs.doctor;

import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleFinder;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Asks this machine. */
final class MachineQuestions {
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    private MachineQuestions() {}

    static MachineFacts machine() {
        return new MachineFacts(
                Runtime.version().feature(),
                Runtime.version() + " of " + System.getProperty("java.vendor"),
                ModuleFinder.ofSystem().find("jdk.incubator.vector").isPresent(),
                Runtime.getRuntime().maxMemory(),
                memoryBytes(),
                hugePages());
    }

    private static long memoryBytes() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : Long.MAX_VALUE;
    }

    private static Optional<String> hugePages() {
        try {
            return Optional.of(Files.readString(HUGE_PAGES).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static Answer<FolderFacts> folder(Path folder) {
        if (!Files.isDirectory(folder)) {
            return new Unknown<>(Files.exists(folder) ? "something that is no folder" : "nothing");
        }
        try {
            FileStore disk = Files.getFileStore(folder);
            return new Known<>(
                    new FolderFacts(folder.toString(), canWrite(folder), disk.getUsableSpace(), disk.getTotalSpace()));
        } catch (IOException e) {
            return new Unknown<>(e.toString());
        }
    }

    /** By trying: rights alone do not tell of disks that are full or mounted for reading. */
    private static boolean canWrite(Path folder) {
        try {
            Path file = Files.createTempFile(folder, ".freshet-doctor", ".tmp");
            try {
                Files.write(file, new byte[4096]);
                return true;
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            return false;
        }
    }
}
