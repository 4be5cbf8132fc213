package freshet.serde.snapshot;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last record of a snapshot, and what makes it one: what it is, and the exact bytes that belong to it. On the wire it is
 * one line of JSON with a fixed order of keys; SNAPSHOT-FORMAT.md lists them. The content is the concatenation of
 * the files in this order, cut into the chunks in this order.
 *
 * @param description what the snapshot is
 * @param files the files, in the order of their content
 * @param chunks the chunks, in order; all are {@link SnapshotRecords#MAX_CHUNK_BYTES} long but the last
 * @param bytes the length of the content
 * @param sha256 SHA-256 of the content, 64 lower-case hex digits
 */
public record SnapshotManifest(
        SnapshotDescription description, List<FilePart> files, List<ChunkPart> chunks, long bytes, String sha256) {

    /** The format this code writes, and the only one it reads. Unknown keys are allowed in it; other meanings are not. */
    public static final int FORMAT = 2;

    private static final String WHAT = "snapshot manifest";

    /** One file: its name, length and SHA-256 (64 lower-case hex digits). */
    public record FilePart(String name, long bytes, String sha256) {}

    /** One chunk: its length and CRC-32C. */
    public record ChunkPart(int bytes, int crc32c) {}

    public SnapshotManifest {
        files = List.copyOf(files);
        chunks = List.copyOf(chunks);
    }

    public SnapshotVersion version() {
        return description.version();
    }

    /** Which deployment of the trainer wrote it; see {@link SnapshotDescription#generation}. */
    public long generation() {
        return description.generation();
    }

    /** The manifest as it travels: one line of JSON, no line feed at its end. Equal manifests give equal lines. */
    public String toJson(ManifestSigner signer) {
        return signer.close(ManifestJson.open(json -> {
            json.writeNumberField("format", FORMAT);
            json.writeStringField("name", description.name());
            json.writeNumberField("generation", description.generation());
            json.writeStringField("version", description.version().toString());
            json.writeNumberField("event_time_hour", description.version().eventTimeMillis());
            if (description.parent() != null) {
                json.writeStringField("parent", description.parent().toString());
            }
            json.writeStringField("model_fingerprint", description.modelFingerprint());
            json.writeStringField("feature_fingerprint", description.featureFingerprint());
            json.writeStringField("lineage", description.lineage());
            json.writeArrayFieldStart("tasks");
            for (String task : description.tasks()) {
                json.writeString(task);
            }
            json.writeEndArray();
            json.writeNumberField("examples", description.examples());
            ManifestJson.writeByTask(json, "sampling", description.sampling());
            ManifestJson.writeByTask(json, "metrics", description.metrics());
            ManifestJson.writeByTask(json, "calibration", description.calibration());
            if (description.golden() != null) {
                json.writeStringField("golden", description.golden());
            }
            ManifestJson.writeContent(json, bytes, sha256, files, chunks);
        }));
    }

    /** Reads a manifest's line and checks that it is consistent in itself; the content is checked by whoever has it. */
    public static SnapshotManifest parse(String line) throws BadSnapshotException {
        return parse(line.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads a manifest's bytes and checks that it is consistent in itself; the content is checked by whoever has it. */
    public static SnapshotManifest parse(byte[] line) throws BadSnapshotException {
        ManifestJson json = ManifestJson.parse(WHAT, ManifestSeal.checked(WHAT, line), FORMAT);
        SnapshotManifest manifest = new SnapshotManifest(
                description(json),
                json.files(),
                json.chunks(),
                json.number("bytes", 0, Long.MAX_VALUE),
                json.sha256("sha256"));
        String golden = manifest.description.golden();
        if (golden != null
                && manifest.files.stream().noneMatch(file -> file.name().equals(golden))) {
            throw new BadSnapshotException(WHAT + " " + manifest.version() + ": golden rows are said to be in '"
                    + golden + "', which is not among its files");
        }
        return manifest;
    }

    private static SnapshotDescription description(ManifestJson json) throws BadSnapshotException {
        SnapshotVersion version = SnapshotVersion.parse(json.string("version"));
        long hour = json.number("event_time_hour", Long.MIN_VALUE, Long.MAX_VALUE);
        if (hour != version.eventTimeMillis()) {
            throw new BadSnapshotException(WHAT + ": found event_time_hour " + hour + " with version " + version
                    + ", which is " + version.eventTimeMillis());
        }
        @Nullable SnapshotVersion parent = json.has("parent") ? SnapshotVersion.parse(json.string("parent")) : null;
        try {
            return new SnapshotDescription(
                    json.string("name"),
                    json.number("generation", 0, Long.MAX_VALUE),
                    version,
                    parent,
                    json.string("model_fingerprint"),
                    json.string("feature_fingerprint"),
                    json.sha256("lineage"),
                    json.strings("tasks"),
                    json.number("examples", 0, Long.MAX_VALUE),
                    json.byTask("sampling"),
                    json.byTask("metrics"),
                    json.byTask("calibration"),
                    json.has("golden") ? json.string("golden") : null);
        } catch (IllegalArgumentException e) {
            throw new BadSnapshotException(WHAT + ": " + e.getMessage(), e);
        }
    }
}
