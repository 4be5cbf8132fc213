package freshet.serde.snapshot;

import freshet.serde.snapshot.ContentWriter.Content;
import java.util.function.Consumer;

/**
 * Writes a snapshot that is too large to be held: files go in one by one, records of the topic come out as soon as they are
 * full, the manifest last. The same records as {@link SnapshotRecords#of}. Not thread-safe.
 */
public final class SnapshotStream {
    private final SnapshotVersion version;
    private final Consumer<SnapshotRecord> out;
    private final ContentWriter content;

    /**
     * @param out receives the records in the order of sending
     */
    public SnapshotStream(SnapshotVersion version, Consumer<SnapshotRecord> out) {
        this.version = version;
        this.out = out;
        content = new ContentWriter((index, chunk) -> out.accept(SnapshotRecords.chunk(version, index, chunk)));
    }

    /** The next file; its bytes may be forgotten afterwards. */
    public void file(SnapshotFile file) {
        content.file(file);
    }

    /** Ends the snapshot: the last chunk and the manifest go out. */
    public SnapshotManifest finish(SnapshotDescription description, ManifestSigner signer) {
        if (!description.version().equals(version)) {
            throw new IllegalArgumentException("ending snapshot " + version + ": found the description of "
                    + description.version() + ", expected its own");
        }
        Content written = content.finish();
        SnapshotManifest manifest =
                new SnapshotManifest(description, written.files(), written.chunks(), written.bytes(), written.sha256());
        out.accept(SnapshotRecords.manifest(version, manifest.toJson(signer)));
        return manifest;
    }
}
