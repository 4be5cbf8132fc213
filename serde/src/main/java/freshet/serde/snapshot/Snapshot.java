package freshet.serde.snapshot;

import freshet.serde.snapshot.ContentWriter.Content;
import java.util.List;

/**
 * A whole snapshot in memory: its manifest and its files, which belong together. Immutable as long as nobody writes to the
 * files' bytes.
 *
 * @param manifest what it is
 * @param manifestLine the manifest exactly as it was read or will be sent. Kept beside the parsed one, because a newer writer
 *     may have put keys in it that we do not know, and a signature is over these bytes.
 * @param files in the manifest's order
 */
public record Snapshot(SnapshotManifest manifest, String manifestLine, List<SnapshotFile> files) {

    public Snapshot {
        files = List.copyOf(files);
    }

    /** A new snapshot of these files, unsigned: computes lengths and checksums. */
    public static Snapshot of(SnapshotDescription description, List<SnapshotFile> files) {
        return of(description, files, ManifestSigner.unsigned());
    }

    /** A new snapshot of these files: computes lengths and checksums, and signs. */
    public static Snapshot of(SnapshotDescription description, List<SnapshotFile> files, ManifestSigner signer) {
        Content content = ContentWriter.of(files);
        SnapshotManifest manifest =
                new SnapshotManifest(description, content.files(), content.chunks(), content.bytes(), content.sha256());
        return new Snapshot(manifest, manifest.toJson(signer), files);
    }

    /** Checks every file and the whole content against a manifest. */
    static Snapshot verified(SnapshotManifest manifest, String manifestLine, List<SnapshotFile> files)
            throws BadSnapshotException {
        Content expected = new Content(manifest.files(), manifest.chunks(), manifest.bytes(), manifest.sha256());
        ContentWriter.verify("snapshot " + manifest.version(), expected, files);
        return new Snapshot(manifest, manifestLine, files);
    }

    public SnapshotVersion version() {
        return manifest.version();
    }

    /** The bytes of the file of that name. */
    public byte[] file(String name) throws BadSnapshotException {
        for (SnapshotFile file : files) {
            if (file.name().equals(name)) {
                return file.bytes();
            }
        }
        throw new BadSnapshotException("snapshot " + version() + ": has no file " + name + "; found "
                + files.stream().map(SnapshotFile::name).toList());
    }
}
