package freshet.serde.snapshot;

import freshet.serde.snapshot.SnapshotManifest.ChunkPart;
import freshet.serde.snapshot.SnapshotManifest.FilePart;
import java.security.MessageDigest;
import java.util.ArrayList;
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

    /** A new snapshot of these files: computes lengths and checksums. */
    public static Snapshot of(SnapshotDescription description, List<SnapshotFile> files) {
        List<FilePart> fileParts = new ArrayList<>();
        MessageDigest sha256 = Checksums.newSha256();
        for (SnapshotFile file : files) {
            fileParts.add(new FilePart(file.name(), file.bytes().length, Checksums.sha256(file.bytes())));
            sha256.update(file.bytes());
        }
        SnapshotContent content = new SnapshotContent(files);
        List<ChunkPart> chunkParts = new ArrayList<>();
        for (int i = 0; i < content.chunkCount(); i++) {
            byte[] chunk = content.chunk(i);
            chunkParts.add(new ChunkPart(chunk.length, Checksums.crc32c(chunk)));
        }
        SnapshotManifest manifest = new SnapshotManifest(
                description, fileParts, chunkParts, content.length(), Checksums.hex(sha256.digest()));
        return new Snapshot(manifest, manifest.toJson(), files);
    }

    /** Checks every file and the whole content against a manifest. */
    static Snapshot verified(SnapshotManifest manifest, String manifestLine, List<SnapshotFile> files)
            throws BadSnapshotException {
        MessageDigest sha256 = Checksums.newSha256();
        for (int i = 0; i < files.size(); i++) {
            FilePart expected = manifest.files().get(i);
            byte[] bytes = files.get(i).bytes();
            String found = Checksums.sha256(bytes);
            if (bytes.length != expected.bytes() || !found.equals(expected.sha256())) {
                throw new BadSnapshotException(
                        "snapshot " + manifest.version() + ", file " + expected.name() + ": found "
                                + bytes.length + " bytes with SHA-256 " + found + ", expected " + expected.bytes()
                                + " bytes with " + expected.sha256());
            }
            sha256.update(bytes);
        }
        String found = Checksums.hex(sha256.digest());
        if (!found.equals(manifest.sha256())) {
            throw new BadSnapshotException("snapshot " + manifest.version() + ": found content with SHA-256 " + found
                    + ", expected " + manifest.sha256());
        }
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
