package freshet.jobs.faults;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Optional;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.flink.core.fs.local.LocalRecoverableWriter;

/**
 * The local file system for checkpoints, in which a test sets traps: when a file of a kind is on disk, and before whoever wrote
 * it goes on, a process is killed as {@code kill -9} does. A trap is a file in the folder of the job, {@code trap-state} or {@code
 * trap-metadata}, which holds the id of that process and is gone once sprung.
 */
final class TrappedFileSystem extends LocalFileSystem {
    private static final String SCHEME = "trapped";
    private static final String METADATA = "_metadata";

    /** What kind of file is waited for. */
    enum Written {
        /** Something that a task keeps: its checkpoint is under way. */
        STATE,
        /** That which makes a checkpoint complete: nobody has been told so yet. */
        METADATA;

        private String trap() {
            return "trap-" + name().toLowerCase(Locale.ROOT);
        }
    }

    /** Found by Flink on the class path. */
    public static final class Factory implements FileSystemFactory {
        @Override
        public String getScheme() {
            return SCHEME;
        }

        @Override
        public FileSystem create(URI uri) {
            return new TrappedFileSystem();
        }
    }

    /** How Flink calls a folder in which traps work. */
    static URI uri(java.nio.file.Path folder) {
        return URI.create(SCHEME + ":" + folder.toUri().getRawPath());
    }

    /**
     * Sets a trap.
     *
     * @param job the folder with its checkpoints
     */
    static void set(java.nio.file.Path job, Written what, Process victim) throws IOException {
        java.nio.file.Path whole = Files.writeString(job.resolve(what.trap() + ".tmp"), "" + victim.pid());
        Files.move(whole, job.resolve(what.trap()));
    }

    @Override
    public URI getUri() {
        return URI.create(SCHEME + ":///");
    }

    /** None, so that all is written by {@link #create}. */
    @Override
    public LocalRecoverableWriter createRecoverableWriter() {
        throw new UnsupportedOperationException("files of a trapped file system are not gone on with");
    }

    @Override
    public FSDataOutputStream create(Path path, WriteMode mode) throws IOException {
        return new Trapped(super.create(path, mode), path);
    }

    /** Springs the trap when it is closed. */
    private static final class Trapped extends FSDataOutputStream {
        private final FSDataOutputStream out;
        private final Path path;

        Trapped(FSDataOutputStream out, Path path) {
            this.out = out;
            this.path = path;
        }

        @Override
        public void close() throws IOException {
            out.close();
            Written what = path.getName().equals(METADATA) ? Written.METADATA : Written.STATE;
            Path job = path.getParent().getParent(); // <job>/chk-7/_metadata, <job>/shared/<file>
            spring(java.nio.file.Path.of(job.getPath(), what.trap()));
        }

        private static void spring(java.nio.file.Path trap) throws IOException {
            Optional<String> victim = take(trap);
            if (victim.isEmpty()) {
                return;
            }
            new ProcessBuilder("kill", "-9", victim.get()).inheritIO().start();
            while (Files.exists(java.nio.file.Path.of("/proc", victim.get()))) {
                Thread.onSpinWait(); // whoever is to be killed goes no further than this
            }
        }

        /** Who is to be killed, said to one who asks. */
        private static Optional<String> take(java.nio.file.Path trap) throws IOException {
            try {
                String victim = Files.readString(trap);
                return Files.deleteIfExists(trap) ? Optional.of(victim) : Optional.empty();
            } catch (NoSuchFileException notSet) {
                return Optional.empty();
            }
        }

        @Override
        public long getPos() throws IOException {
            return out.getPos();
        }

        @Override
        public void write(int octet) throws IOException {
            out.write(octet);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            out.write(bytes, from, count);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void sync() throws IOException {
            out.sync();
        }
    }
}
