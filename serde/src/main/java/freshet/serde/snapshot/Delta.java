package freshet.serde.snapshot;

import freshet.serde.snapshot.ContentWriter.Content;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.List;

/**
 * A whole delta in memory: its manifest and its files, which belong together. Immutable as long as nobody writes to the files'
 * bytes.
 *
 * @param manifest what it is
 * @param manifestLine the manifest exactly as it was read or will be sent
 * @param files in the manifest's order
 */
public record Delta(DeltaManifest manifest, String manifestLine, List<SnapshotFile> files) {

    public Delta {
        files = List.copyOf(files);
    }

    /** A new delta of these files: computes lengths and checksums, and signs. */
    public static Delta of(DeltaDescription description, List<SnapshotFile> files, ManifestSigner signer) {
        Content content = ContentWriter.of(files);
        DeltaManifest manifest =
                new DeltaManifest(description, content.files(), content.chunks(), content.bytes(), content.sha256());
        return new Delta(manifest, manifest.toJson(signer), files);
    }

    /** Checks every file and the whole content against a manifest. */
    static Delta verified(DeltaManifest manifest, String line, List<SnapshotFile> files) throws BadSnapshotException {
        Content expected = new Content(manifest.files(), manifest.chunks(), manifest.bytes(), manifest.sha256());
        ContentWriter.verify("delta " + manifest.id(), expected, files);
        return new Delta(manifest, line, files);
    }

    public DeltaId id() {
        return manifest.id();
    }

    /** The bytes of the file of that name. */
    public byte[] file(String name) throws BadSnapshotException {
        for (SnapshotFile file : files) {
            if (file.name().equals(name)) {
                return file.bytes();
            }
        }
        throw new BadSnapshotException("delta " + id() + ": has no file " + name + "; found "
                + files.stream().map(SnapshotFile::name).toList());
    }

    /** The records of the delta topic, in the order of sending: chunks, then the manifest. */
    public List<SnapshotRecord> records() {
        SnapshotContent content = new SnapshotContent(files);
        int chunks = content.chunkCount();
        return new AbstractList<>() {
            @Override
            public SnapshotRecord get(int index) {
                return index == chunks
                        ? new SnapshotRecord(id() + "/manifest", manifestLine.getBytes(StandardCharsets.UTF_8))
                        : new SnapshotRecord(id() + "/chunk/" + index, content.chunk(index));
            }

            @Override
            public int size() {
                return chunks + 1;
            }
        };
    }
}
