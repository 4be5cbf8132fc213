package freshet.jobs.simulation;

import freshet.jobs.join.Ledger;
import freshet.jobs.train.TrainRecord;
import freshet.model.serve.LiveRanker;
import freshet.model.snapshot.GoldenRows;
import freshet.serde.event.Feedback;
import freshet.serde.example.LabeledExample;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.DeltaDescription;
import freshet.serde.snapshot.DeltaManifest;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryEntry;
import freshet.serde.snapshot.SnapshotManifest;
import freshet.serde.snapshot.SnapshotRecord;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What must hold at every moment; each is told of what it is about when that happens. Throws {@link Broken}. */
final class Invariants {
    private final PlainRun plain;
    private final Set<String> joined = new HashSet<>();
    private final Set<Feedback> orphans = new HashSet<>();
    private final Set<String> published = new HashSet<>();
    private boolean ended;

    Invariants(PlainRun plain) {
        this.plain = plain;
    }

    /** P1: an example, features and labels, is a function of what happened before, whatever had arrived when it was made. */
    void joined(LabeledExample example) {
        String key = PlainRun.key(example);
        LabeledExample expected = plain.example(key);
        Broken.unless(
                example.equals(expected), "P1", "the join made " + key + ":\n" + example + "\nexpected\n" + expected);
        joined.add(key);
    }

    void orphan(Feedback feedback) {
        Broken.unless(plain.orphans().contains(feedback), "P4", "an orphan that is none: " + feedback);
        orphans.add(feedback);
    }

    /** P2, and P3 to the bit: the examples are learnt once each, in order, and predicted before that as in the plain run. */
    void learnt(int place, TrainRecord.Learnt found) {
        Broken.unless(
                place < plain.learnt().size(),
                "P2",
                "learnt one more than there are: " + PlainRun.key(found.example()));
        TrainRecord.Learnt expected = plain.learnt().get(place);
        Broken.unless(
                found.example().equals(expected.example()),
                "P2",
                "learnt as number " + place + ": " + PlainRun.key(found.example()) + ", expected "
                        + PlainRun.key(expected.example()));
        Broken.unless(
                Arrays.equals(found.predictions(), expected.predictions())
                        && Arrays.equals(found.served(), expected.served()),
                "P3",
                "predicted of number " + place + ": " + Arrays.toString(found.predictions()) + ", expected "
                        + Arrays.toString(expected.predictions()));
    }

    void ended(int learnt) {
        Broken.unless(
                learnt == plain.learnt().size(),
                "P2",
                "the trainer ended after " + learnt + " examples, expected "
                        + plain.learnt().size());
        ended = true;
    }

    /** P4: at every moment each record read is somewhere. */
    void ledger(Ledger ledger) {
        Broken.unless(ledger.imbalances().isEmpty(), "P4", "the ledger: " + ledger.imbalances());
    }

    /** P3: the bytes of the plain run; of manifests but for the generation, which counts deployments. */
    void published(SnapshotRecord record) {
        SnapshotRecord expected = plain.records().get(record.key());
        if (expected == null) {
            throw new Broken("P3", "published " + record.key() + ", which the plain run has not");
        }
        boolean same = record.key().endsWith("/manifest")
                ? sha256(record).equals(sha256(expected))
                : Arrays.equals(record.value(), expected.value());
        Broken.unless(same, "P3", "published other content under " + record.key());
        published.add(record.key());
    }

    private static String sha256(SnapshotRecord manifest) {
        try {
            return manifest.key().contains("/delta/")
                    ? DeltaManifest.parse(manifest.value()).sha256()
                    : SnapshotManifest.parse(manifest.value()).sha256();
        } catch (BadSnapshotException e) {
            throw new Broken("P5", "published a manifest that cannot be read: " + e.getMessage());
        }
    }

    /** P5: a trainer that has been replaced, or anything that is not the plain run's, is never promoted. */
    void promoted(Registry registry) {
        Optional<RegistryEntry> current = registry.current().flatMap(registry::entry);
        current.ifPresent(entry -> {
            SnapshotRecord expected = plain.records().get(entry.version() + "/manifest");
            Broken.unless(
                    expected != null && sha256(expected).equals(entry.sha256()),
                    "P5",
                    "promoted " + entry + ", which is not of the trainer that is at work");
            Broken.unless(!entry.state().isBad(), "P5", "current is " + entry);
        });
    }

    /**
     * P5: a server loads what the registry names, and nothing older than what it had unless the registry went back.
     *
     * @param known what the registry has said to the server
     * @param before what served before
     */
    void loaded(SnapshotManifest manifest, Registry known, @Nullable SnapshotVersion before) {
        SnapshotVersion version = manifest.version();
        Optional<RegistryEntry> entry = known.entry(version);
        Broken.unless(
                known.current().equals(Optional.of(version))
                        && entry.isPresent()
                        && entry.get().sha256().equals(manifest.sha256())
                        && !entry.get().state().isBad(),
                "P5",
                "a server loaded " + version + ", its registry says " + known.aliases() + " and " + entry);
        boolean older = before != null && version.compareTo(before) < 0;
        boolean wentBack = before == null
                || known.entry(before).filter(bad -> bad.state().isBad()).isPresent();
        Broken.unless(!older || wentBack, "P5", "a server went from " + before + " back to " + version);
    }

    /** P5: what a server loaded is the plain run's to the byte: not every flipped bit shows in what it says. */
    void kept(Path disk, SnapshotManifest manifest) {
        ByteArrayOutputStream found = new ByteArrayOutputStream();
        try {
            for (SnapshotManifest.FilePart file : manifest.files()) {
                found.write(Files.readAllBytes(
                        disk.resolve(manifest.version().toString()).resolve(file.name())));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Broken.unless(
                Arrays.equals(found.toByteArray(), plain.content(manifest.version())),
                "P5",
                "a server loaded other bytes than were published as " + manifest.version());
    }

    /** P5: a delta that leads on from what serves; of the plain run, or of a trainer of whose replacement the server cannot know yet. */
    void advanced(DeltaDescription delta, long generationOfSnapshot, String lineage) {
        Broken.unless(
                delta.lineageBefore().equals(lineage),
                "P5",
                "a server applied " + delta.id() + " to another history than it leads on from");
        Broken.unless(
                plain.predictions(delta.lineage(), delta.asOfMillis()) != null
                        || delta.generation() >= generationOfSnapshot,
                "P5",
                "a server applied " + delta.id() + " of generation " + delta.generation() + ", which "
                        + generationOfSnapshot + " had replaced");
    }

    /** P5: what serves computes what the trainer computed. */
    void serves(LiveRanker live, String lineage, long asOfMillis) {
        float[] expected = plain.predictions(lineage, asOfMillis);
        if (expected == null) {
            return; // of a trainer gone astray, see advanced()
        }
        float[] found = new float[expected.length];
        live.score(plain.candidates(), found);
        for (int i = 0; i < found.length; i++) {
            Broken.unless(
                    GoldenRows.agree(found[i], expected[i]),
                    "P5",
                    "a server says " + Arrays.toString(found) + ", expected " + Arrays.toString(expected));
        }
    }

    /** When nothing more happens: all of it is there. */
    void end(Ledger ledger) {
        Broken.unless(joined.size() == plain.examples(), "P4", "joined " + joined.size() + " of " + plain.examples());
        Broken.unless(orphans.equals(plain.orphans()), "P4", "orphans: " + orphans + ", expected " + plain.orphans());
        Broken.unless(ledger.equals(plain.ledger()), "P4", "the ledger: " + ledger + ", expected " + plain.ledger());
        Broken.unless(ended, "P2", "the trainer has not come to the end");
        Set<String> missing = new TreeSet<>(plain.records().keySet());
        missing.removeAll(published);
        Broken.unless(missing.isEmpty(), "P3", "never published: " + missing);
    }
}
