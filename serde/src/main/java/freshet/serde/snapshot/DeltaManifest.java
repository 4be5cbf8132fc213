package freshet.serde.snapshot;

import freshet.serde.snapshot.SnapshotManifest.ChunkPart;
import freshet.serde.snapshot.SnapshotManifest.FilePart;
import java.util.List;

/**
 * The last record of a delta: what it is, and the exact bytes that belong to it. One line of JSON; SNAPSHOT-FORMAT.md lists
 * the keys. Content, chunks and checksums are as in a {@link SnapshotManifest}.
 */
public record DeltaManifest(
        DeltaDescription description, List<FilePart> files, List<ChunkPart> chunks, long bytes, String sha256) {

    /** The format this code writes, and the only one it reads. */
    public static final int FORMAT = 2;

    private static final String WHAT = "delta manifest";

    public DeltaManifest {
        files = List.copyOf(files);
        chunks = List.copyOf(chunks);
    }

    public DeltaId id() {
        return description.id();
    }

    /** The manifest as it travels: one line of JSON. Equal manifests give equal lines. */
    String toJson(ManifestSigner signer) {
        return signer.close(ManifestJson.open(json -> {
            json.writeNumberField("format", FORMAT);
            json.writeStringField("name", description.name());
            json.writeNumberField("generation", description.generation());
            json.writeStringField("base", id().base().toString());
            json.writeNumberField("sequence", id().sequence());
            json.writeNumberField("as_of", description.asOfMillis());
            json.writeStringField("model_fingerprint", description.modelFingerprint());
            json.writeStringField("lineage_before", description.lineageBefore());
            json.writeStringField("lineage", description.lineage());
            json.writeNumberField("examples", description.examples());
            ManifestJson.writeContent(json, bytes, sha256, files, chunks);
        }));
    }

    /** Reads a manifest's bytes and checks that it is consistent in itself. */
    public static DeltaManifest parse(byte[] line) throws BadSnapshotException {
        ManifestJson json = ManifestJson.parse(WHAT, ManifestSeal.checked(WHAT, line), FORMAT);
        SnapshotVersion base = SnapshotVersion.parse(json.string("base"));
        DeltaDescription description;
        try {
            description = new DeltaDescription(
                    json.string("name"),
                    json.number("generation", 0, Long.MAX_VALUE),
                    new DeltaId(base, (int) json.number("sequence", 1, 999_999_999)),
                    json.number("as_of", Long.MIN_VALUE, Long.MAX_VALUE),
                    json.string("model_fingerprint"),
                    json.sha256("lineage_before"),
                    json.sha256("lineage"),
                    json.number("examples", 0, Long.MAX_VALUE));
        } catch (IllegalArgumentException e) {
            throw new BadSnapshotException(WHAT + ": " + e.getMessage(), e);
        }
        return new DeltaManifest(
                description,
                json.files(),
                json.chunks(),
                json.number("bytes", 0, Long.MAX_VALUE),
                json.sha256("sha256"));
    }
}
