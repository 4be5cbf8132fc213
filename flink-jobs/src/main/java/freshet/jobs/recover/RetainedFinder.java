package freshet.jobs.recover;

import freshet.jobs.recover.Retained.Contents;
import freshet.jobs.recover.Retained.Incomplete;
import freshet.jobs.recover.Retained.NeededFile;
import freshet.jobs.recover.Retained.State;
import freshet.jobs.recover.Retained.Unreadable;
import freshet.jobs.recover.Retained.Whole;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Finds what was kept below a folder of any file system of Flink, and looks whether it is whole. */
public final class RetainedFinder {
    private static final String CHECKPOINT = "chk-";
    private static final String SAVEPOINT = "savepoint-";

    private RetainedFinder() {}

    /**
     * Everything below a folder that is a checkpoint or a savepoint, or was to be one, newest first.
     *
     * @param folder as {@code execution.checkpointing.dir} or {@code savepoint-dir}, or that of one job, or one checkpoint
     * @throws IOException when there is no such folder, or its file system is not known here
     */
    public static List<Retained> find(String folder) throws IOException {
        Path root = path(folder);
        List<Retained> found = new ArrayList<>();
        if (isRetained(root)) {
            look(root).ifPresent(found::add);
            return found;
        }
        for (Path child : folders(root)) {
            if (isRetained(child)) {
                look(child).ifPresent(found::add);
                continue;
            }
            for (Path grandchild : folders(child)) { // below a folder for each job
                if (isRetained(grandchild)) {
                    look(grandchild).ifPresent(found::add);
                }
            }
        }
        found.sort(Comparator.comparingLong(Retained::writtenMillis)
                .thenComparing(Retained::path)
                .reversed());
        return found;
    }

    private static Path path(String folder) {
        return folder.contains(":/")
                ? new Path(folder)
                : Path.fromLocalFile(new java.io.File(folder).getAbsoluteFile());
    }

    private static boolean isRetained(Path folder) {
        return folder.getName().startsWith(CHECKPOINT) || folder.getName().startsWith(SAVEPOINT);
    }

    private static List<Path> folders(Path folder) throws IOException {
        FileStatus[] entries = folder.getFileSystem().listStatus(folder);
        if (entries == null) {
            throw new FileNotFoundException(folder + ": there is no such folder");
        }
        List<Path> folders = new ArrayList<>();
        for (FileStatus entry : entries) {
            if (entry.isDir()) {
                folders.add(entry.getPath());
            }
        }
        return folders;
    }

    /** Empty where it has gone since, as when a job that runs puts a newer one in its place. */
    private static Optional<Retained> look(Path checkpoint) throws IOException {
        FileSystem files = checkpoint.getFileSystem();
        Path metadata = new Path(checkpoint, CheckpointReader.METADATA);
        FileStatus status;
        try {
            status = files.getFileStatus(metadata);
        } catch (FileNotFoundException e) {
            if (!files.exists(checkpoint)) {
                return Optional.empty();
            }
            return Optional.of(new Retained(
                    text(checkpoint),
                    text(checkpoint.getParent()),
                    files.getFileStatus(checkpoint).getModificationTime(),
                    new Unreadable(
                            "it has no " + CheckpointReader.METADATA + ": it was never completed, or that was lost")));
        }
        return Optional.of(new Retained(
                text(checkpoint), text(checkpoint.getParent()), status.getModificationTime(), state(checkpoint)));
    }

    private static String text(Path path) {
        return path.toString();
    }

    private static State state(Path checkpoint) {
        Contents contents;
        try {
            contents = CheckpointReader.read(checkpoint);
        } catch (IOException e) {
            return new Unreadable("its " + CheckpointReader.METADATA + " cannot be read: " + e.getMessage());
        }
        for (NeededFile file : contents.files()) {
            String fault = fault(file);
            if (!fault.isEmpty()) {
                return new Incomplete(contents, fault);
            }
        }
        try {
            return new Whole(withOffsets(contents, checkpoint));
        } catch (IOException e) {
            return new Incomplete(contents, "where its sources go on cannot be read: " + e.getMessage());
        }
    }

    private static Contents withOffsets(Contents contents, Path checkpoint) throws IOException {
        return new Contents(
                contents.checkpointId(),
                contents.uids(),
                contents.files(),
                contents.bytes(),
                contents.notLookedAt(),
                CheckpointReader.offsets(checkpoint));
    }

    /** What is wrong with a file; nothing if it is there as it should be. */
    private static String fault(NeededFile needed) {
        Path path = new Path(needed.path());
        try {
            long found = path.getFileSystem().getFileStatus(path).getLen();
            boolean isRight = needed.isWhole() ? found == needed.bytes() : found >= needed.bytes();
            return isRight
                    ? ""
                    : path + ": found " + found + " bytes, expected " + (needed.isWhole() ? "" : "at least ")
                            + needed.bytes();
        } catch (FileNotFoundException e) {
            return path + ": found no such file, expected " + needed.bytes() + " bytes";
        } catch (IOException e) {
            return path + ": " + e.getMessage();
        }
    }
}
