package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import freshet.serde.snapshot.SnapshotAssembly.Rejected;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The test vectors of SNAPSHOT-FORMAT.md, for readers in other languages: what is committed is what is written today, is read,
 * and bad records are refused, each for its own reason. To write them anew, for a new format: run with the
 * folder's path in the environment variable {@code FRESHET_VECTORS}.
 */
class VectorsTest {
    private static final Path FOLDER = Path.of("src/test/resources/freshet/serde/snapshot/vectors");
    private static final ObjectMapper JSON = new ObjectMapper();

    private static String line(String first, String firstValue, SnapshotRecord record) {
        ObjectNode line = JSON.createObjectNode();
        line.put(first, firstValue);
        line.put("key", record.key());
        line.put("value", Base64.getEncoder().encodeToString(record.value()));
        return line.toString();
    }

    private static Snapshot snapshot(int hour) {
        return Snapshot.of(
                SnapshotFixtures.description(hour, 1),
                List.of(
                        new SnapshotFile("model.json", "{}".getBytes(StandardCharsets.UTF_8)),
                        new SnapshotFile("golden.bin", ("snapshot " + hour).getBytes(StandardCharsets.UTF_8))),
                TestKeys.SIGNER);
    }

    private static List<String> topics() throws Exception {
        List<String> lines = new ArrayList<>();
        lines.add(line("topic", "registry", Registry.claim("job 0123456789abcdef")));
        SnapshotRecords.of(snapshot(0)).forEach(record -> lines.add(line("topic", "snapshots", record)));
        for (Delta delta : SnapshotFixtures.deltas(0, 1, TestKeys.SIGNER)) {
            delta.records().forEach(record -> lines.add(line("topic", "deltas", record)));
        }
        SnapshotRecords.of(snapshot(1)).forEach(record -> lines.add(line("topic", "snapshots", record)));
        Registry.Cause cause = new Registry.Cause("gate", "log loss 0.5 against 0.51");
        Registry registry = Registry.EMPTY;
        for (int hour = 0; hour < 2; hour++) {
            Registry.Change change = registry.promote(snapshot(hour).manifest(), cause);
            change.records().forEach(record -> lines.add(line("topic", "registry", record)));
            registry = change.after();
        }
        return lines;
    }

    private static SnapshotRecord manifest(ManifestSigner signer, String from, String to) {
        String signed = snapshot(1).manifest().toJson(ManifestSigner.unsigned());
        String open = signed.substring(0, signed.indexOf(",\"manifest_crc32c\""));
        assertThat(open).contains(from);
        return new SnapshotRecord(
                "20220425T17Z/manifest", signer.close(open.replace(from, to)).getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> bad() {
        String format = "\"format\":2";
        List<SnapshotRecord> good = SnapshotRecords.of(snapshot(1));
        byte[] turned = good.get(1).value().clone();
        turned[40] ^= 1;
        byte[] torn = Arrays.copyOf(good.get(1).value(), 300);
        byte[] forged = new String(good.get(1).value(), StandardCharsets.UTF_8)
                .replace("\"examples\":1001", "\"examples\":1002")
                .getBytes(StandardCharsets.UTF_8);
        String forgedLine = new String(forged, StandardCharsets.UTF_8);
        String resealed = ManifestSeal.sealed(forgedLine.substring(0, forgedLine.indexOf(",\"manifest_crc32c\"")));
        ManifestSigner good1 = TestKeys.SIGNER;
        List<String> lines = new ArrayList<>();
        lines.add(line("why", "bad_manifest: a bit turned", new SnapshotRecord("20220425T17Z/manifest", turned)));
        lines.add(line("why", "bad_manifest: torn", new SnapshotRecord("20220425T17Z/manifest", torn)));
        lines.add(line("why", "bad_manifest: another format", manifest(good1, format, "\"format\":3")));
        lines.add(line("why", "bad_manifest: a key twice", manifest(good1, format, format + "," + format)));
        lines.add(line(
                "why", "bad_manifest: a file in a folder", manifest(good1, "\"model.json\"", "\"../model.json\"")));
        lines.add(line(
                "why",
                "bad_manifest: files are not as long as the content",
                manifest(good1, "\"bytes\":2,", "\"bytes\":3,")));
        lines.add(line(
                "why",
                "bad_manifest: a chunk too many",
                manifest(good1, "\"chunk_crc32c\":[", "\"chunk_crc32c\":[\"00000000\",")));
        lines.add(line(
                "why",
                "bad_manifest: its parent is not before it",
                manifest(good1, "\"parent\":\"20220425T16Z\"", "\"parent\":\"20220425T18Z\"")));
        lines.add(line(
                "why",
                "bad_manifest: another version's key",
                new SnapshotRecord("20220425T18Z/manifest", good.get(1).value())));
        lines.add(line("why", "unsigned: no signature", manifest(ManifestSigner.unsigned(), format, format)));
        lines.add(line(
                "why",
                "unknown_key: a key the reader was not given",
                manifest(ManifestSigner.of("k2", TestKeys.OTHER_PRIVATE), format, format)));
        lines.add(line(
                "why",
                "wrong_signature: another key under a known key id",
                manifest(ManifestSigner.of("rfc8032-1", TestKeys.OTHER_PRIVATE), format, format)));
        lines.add(line(
                "why",
                "wrong_signature: altered, the checksum made right again",
                new SnapshotRecord("20220425T17Z/manifest", resealed.getBytes(StandardCharsets.UTF_8))));
        lines.add(line("why", "missing_chunks: a manifest without its chunks", good.get(1)));
        lines.add(line(
                "why", "bad_key: neither chunk nor manifest", new SnapshotRecord("20220425T17Z/chunk/-1", new byte[] {1
                })));
        return lines;
    }

    @Test
    void whatIsCommittedIsWhatIsWrittenToday() throws Exception {
        String pem = "-----BEGIN PUBLIC KEY-----\n" + Base64.getEncoder().encodeToString(TestKeys.PUBLIC.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        Map<String, String> files = Map.of(
                "public-key.pem", pem,
                "topics.jsonl", String.join("\n", topics()) + "\n",
                "bad.jsonl", String.join("\n", bad()) + "\n");
        String place = System.getenv("FRESHET_VECTORS");
        for (Map.Entry<String, String> file : files.entrySet()) {
            if (place != null) {
                Files.createDirectories(Path.of(place));
                Files.writeString(Path.of(place, file.getKey()), file.getValue());
            }
            assertThat(Files.readString(FOLDER.resolve(file.getKey())))
                    .as(file.getKey())
                    .isEqualTo(file.getValue());
        }
    }

    private static List<JsonNode> read(String file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(FOLDER.resolve(file))) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    private static SnapshotRecord record(JsonNode line) throws IOException {
        return new SnapshotRecord(
                line.path("key").asText(),
                Base64.getDecoder().decode(line.path("value").asText()));
    }

    private static TrustedKeys committedKey() throws IOException {
        return TrustedKeys.load(Map.of("rfc8032-1", FOLDER.resolve("public-key.pem")));
    }

    @Test
    void aReaderGetsFromThemWhatTheyHold() throws Exception {
        SnapshotAssembler snapshots = new SnapshotAssembler(1 << 20, committedKey());
        DeltaAssembler deltas = new DeltaAssembler(1 << 20, committedKey());
        Registry registry = Registry.EMPTY;
        List<String> seen = new ArrayList<>();
        for (JsonNode line : read("topics.jsonl")) {
            SnapshotRecord record = record(line);
            switch (line.path("topic").asText()) {
                case "registry" -> registry = registry.with(record, 0);
                case "deltas" -> {
                    deltas.accept(record);
                    deltas.next().ifPresent(delta -> {
                        seen.add(delta.id().toString());
                        deltas.markApplied(delta.manifest());
                    });
                }
                default -> {
                    if (snapshots.accept(record) instanceof SnapshotAssembly.Complete whole) {
                        seen.add(whole.snapshot().version().toString());
                        snapshots.markLoaded(whole.snapshot().manifest());
                        deltas.follow(whole.snapshot().manifest());
                    }
                }
            }
        }
        assertThat(seen)
                .containsExactly(
                        "20220425T16Z",
                        "20220425T16Z/delta/1",
                        "20220425T16Z/delta/2",
                        "20220425T16Z/delta/3",
                        "20220425T16Z/delta/4",
                        "20220425T17Z");
        assertThat(registry.current()).contains(SnapshotFixtures.version(1));
        assertThat(registry.aliases().previous()).isEqualTo(SnapshotFixtures.version(0));
    }

    @Test
    void everyBadOneIsRefusedForItsReason() throws Exception {
        for (JsonNode line : read("bad.jsonl")) {
            String why = line.path("why").asText();
            SnapshotAssembly found = new SnapshotAssembler(1 << 20, committedKey()).accept(record(line));
            assertThat(found).as(why).isInstanceOf(Rejected.class);
            Reason reason = ((Rejected) found).reason();
            assertThat(reason.label()).as(why).isEqualTo(why.substring(0, why.indexOf(':')));
        }
    }
}
