package freshet.jobs.recover;

import freshet.jobs.recover.Retained.Contents;
import freshet.jobs.recover.Retained.Incomplete;
import freshet.jobs.recover.Retained.NeededFile;
import freshet.jobs.recover.Retained.State;
import freshet.jobs.recover.Retained.Unreadable;
import freshet.jobs.recover.Retained.Whole;
import freshet.jobs.seal.SealedCheckpoint;
import java.io.File;
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
    private static final String LOCAL = "file";

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

    /**
     * Reads all that a checkpoint which seems whole consists of, and compares it with its checksums.
     *
     * @return it, or as not whole with the reason
     */
    public static Retained readThrough(Retained whole) {
        if (!(whole.state() instanceof Whole state)) {
            return whole;
        }
        try {
            SealedCheckpoint read = SealedCheckpoint.read(new Path(whole.path()));
            read.verifyFiles();
            read.verifyTables();
            return whole;
        } catch (IOException e) {
            return new Retained(
                    whole.path(),
                    whole.group(),
                    whole.writtenMillis(),
                    new Incomplete(state.contents(), String.valueOf(e.getMessage())));
        }
    }

    private static Path path(String folder) {
        return folder.contains(":/")
                ? new Path(folder)
                : new Path(
                        LOCAL,
                        null,
                        new File(folder).getAbsolutePath()); // fromLocalFile would leave folders without a name
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
        Path metadata = new Path(checkpoint, SealedCheckpoint.METADATA);
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
                            "it has no " + SealedCheckpoint.METADATA + ": it was never completed, or that was lost")));
        }
        return Optional.of(new Retained(
                text(checkpoint), text(checkpoint.getParent()), status.getModificationTime(), state(checkpoint)));
    }

    private static String text(Path path) {
        return path.toString();
    }

    private static State state(Path checkpoint) {
        SealedCheckpoint read;
        try {
            read = SealedCheckpoint.read(checkpoint);
        } catch (IOException e) {
            return new Unreadable("its " + SealedCheckpoint.METADATA + " cannot be read: " + e.getMessage());
        }
        Contents contents = CheckpointReader.read(read);
        for (NeededFile file : contents.files()) {
            String fault = fault(file);
            if (!fault.isEmpty()) {
                return new Incomplete(contents, fault);
            }
        }
        try {
            return new Whole(withOffsets(contents, read));
        } catch (IOException e) {
            return new Incomplete(contents, "where its sources go on cannot be read: " + e.getMessage());
        }
    }

    private static Contents withOffsets(Contents contents, SealedCheckpoint checkpoint) throws IOException {
        return new Contents(
                contents.checkpointId(),
                contents.uids(),
                contents.files(),
                contents.bytes(),
                contents.notLookedAt(),
                contents.unsummedFiles(),
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
