package freshet.jobs.faults;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;

/** The checkpoints of one job in the folder of a deployment, looked at as files: nobody tells sooner what Flink has done. */
final class Checkpoints {
    private static final String PREFIX = "chk-";
    private static final String METADATA = "_metadata";

    private final Path folder;

    Checkpoints(Path ofAllJobs, JobID job) {
        folder = ofAllJobs.resolve(job.toHexString());
    }

    /** Those that are complete, newest first. */
    List<Path> completed() throws IOException {
        return all().stream().filter(Checkpoints::isComplete).toList();
    }

    private List<Path> all() throws IOException {
        try (Stream<Path> folders = Files.list(folder)) {
            return folders.filter(path -> path.getFileName().toString().startsWith(PREFIX))
                    .sorted(Comparator.comparingInt(Checkpoints::number).reversed())
                    .toList();
        }
    }

    private static boolean isComplete(Path checkpoint) {
        return Files.exists(checkpoint.resolve(METADATA));
    }

    private static int number(Path checkpoint) {
        return Integer.parseInt(checkpoint.getFileName().toString().substring(PREFIX.length()));
    }

    /**
     * Has a process killed when a file has been written for another checkpoint, before anything else is; where they are kept in
     * a {@link TrappedFileSystem}.
     */
    void killWhen(TrappedFileSystem.Written what, Process victim) throws IOException {
        TrappedFileSystem.set(folder, what, victim);
    }

    /** Takes the second half of what the newest one says of itself away, as a disk does that was full. */
    void tearMetadataOfNewest() throws IOException {
        halve(completed().get(0).resolve(METADATA));
    }

    /** The same of the largest file that the newest needs, and the one before it does not. */
    void tearStateOfNewest() throws IOException {
        List<Path> newestFirst = completed();
        Path newest = newestFirst.get(0);
        String needed = textOfMetadata(newest);
        String neededBefore = textOfMetadata(newestFirst.get(1));
        try (Stream<Path> own = Files.list(newest);
                Stream<Path> shared = Files.list(folder.resolve("shared"))) {
            halve(Stream.concat(own, shared)
                    .filter(file -> needed.contains(file.getFileName().toString()))
                    .filter(file -> !neededBefore.contains(file.getFileName().toString()))
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow());
        }
    }

    /** The names of files stand in it as they are. */
    private static String textOfMetadata(Path checkpoint) throws IOException {
        return Files.readString(checkpoint.resolve(METADATA), StandardCharsets.ISO_8859_1);
    }

    private static void halve(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }
    }
}
