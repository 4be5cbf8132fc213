package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.snapshot.SnapshotAssembly.Complete;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What a reader must do whatever has happened to its topics: records lost, doubled, reordered, torn or bit-flipped; two
 * snapshots interleaved; the head cut off by retention; a trainer of an older generation still writing. The rules, after
 * every single record:
 *
 * <ol>
 *   <li>what it has is one of the models that were published, whole and to the byte;
 *   <li>it is never older than what it had before;
 *   <li>it is never of a generation that was replaced, once the reader has seen the newer one;
 *   <li>a record that did nothing gave a reason;
 *   <li>when the newest is sent again undamaged, as at-least-once delivery does, the reader has it.
 * </ol>
 */
class MangledTopicTest {
    private static final int HOURS = 3;
    private static final long OLD_GENERATION = 1;
    private static final long GENERATION = 2;

    /** A server, reduced to what it has: the lineage of its model, and how new that is. */
    private static final class Reader {
        final SnapshotAssembler snapshots;
        final DeltaAssembler deltas;
        final Set<Reason> reasons = EnumSet.noneOf(Reason.class);
        final Map<String, byte[]> published;
        String lineage = "";
        long asOfMillis = Long.MIN_VALUE;
        boolean sawGap;

        Reader(Map<String, byte[]> published, TrustedKeys trusted) {
            this.published = published;
            snapshots = new SnapshotAssembler(64 << 20, trusted);
            deltas = new DeltaAssembler(64 << 20, trusted);
        }

        void read(SnapshotRecord record) {
            if (record.key().contains("/delta/")) {
                readDelta(record);
            } else {
                readSnapshot(record);
            }
            for (var next = deltas.next(); next.isPresent(); next = deltas.next()) {
                DeltaDescription delta = next.get().manifest().description();
                assertThat(delta.lineageBefore()).isEqualTo(lineage);
                deltas.markApplied(next.get().manifest());
                have(
                        delta.lineage(),
                        delta.asOfMillis(),
                        published.get(delta.id().toString()),
                        next.get().files());
            }
        }

        private void readSnapshot(SnapshotRecord record) {
            SnapshotAssembly assembly = snapshots.accept(record);
            if (assembly instanceof SnapshotAssembly.Rejected rejected) {
                assertThat(rejected.detail()).isNotBlank();
                reasons.add(rejected.reason());
            } else if (assembly instanceof Complete complete) {
                SnapshotManifest manifest = complete.snapshot().manifest();
                snapshots.markLoaded(manifest);
                deltas.noteGeneration(manifest.generation());
                if (manifest.version().eventTimeMillis() > asOfMillis) {
                    deltas.follow(manifest);
                    have(
                            manifest.description().lineage(),
                            manifest.version().eventTimeMillis(),
                            published.get(manifest.version().toString()),
                            complete.snapshot().files());
                }
            }
        }

        private void readDelta(SnapshotRecord record) {
            DeltaAssembly assembly = deltas.accept(record);
            if (assembly instanceof DeltaAssembly.Rejected rejected) {
                assertThat(rejected.detail()).isNotBlank();
                reasons.add(rejected.reason());
            } else if (assembly instanceof DeltaAssembly.Gap gap) {
                assertThat(gap.detail()).isNotBlank();
                sawGap = true;
            }
        }

        private void have(String newLineage, long newAsOf, byte @Nullable [] bytes, List<SnapshotFile> files) {
            assertThat(bytes).isNotNull();
            assertThat(newAsOf).isGreaterThan(asOfMillis);
            assertThat(concatenated(files)).isEqualTo(bytes);
            lineage = newLineage;
            asOfMillis = newAsOf;
        }
    }

    private static byte[] concatenated(List<SnapshotFile> files) {
        int length = files.stream().mapToInt(file -> file.bytes().length).sum();
        byte[] all = new byte[length];
        int at = 0;
        for (SnapshotFile file : files) {
            System.arraycopy(file.bytes(), 0, all, at, file.bytes().length);
            at += file.bytes().length;
        }
        return all;
    }

    private static Snapshot snapshot(int hour, long generation, long seed, boolean large) {
        List<SnapshotFile> files = large
                ? SnapshotFixtures.snapshot(hour, seed).files()
                : SnapshotFixtures.tiny(hour).files();
        return Snapshot.of(SnapshotFixtures.description(hour, generation), files, TestKeys.SIGNER);
    }

    /** What two trainers have published: the newer, and the older, which nobody stopped. Made once: signing takes time. */
    private static final class Topics {
        /** Hour by hour: the deltas that lead to it, then its snapshot. */
        final List<List<SnapshotRecord>> hours = new ArrayList<>();

        final List<SnapshotRecord> all = new ArrayList<>();
        final List<SnapshotRecord> zombie = new ArrayList<>();
        final Map<String, byte[]> bytes = new HashMap<>();

        Topics(ManifestSigner signer, IntFunction<List<SnapshotFile>> files) {
            for (int hour = 0; hour < HOURS; hour++) {
                hours.add(published(hour, GENERATION, signer, files.apply(hour), bytes));
                all.addAll(hours.get(hour));
                // Ahead of the newer one in event time: only the number tells.
                int ahead = hour + 2;
                zombie.addAll(published(
                        ahead,
                        OLD_GENERATION,
                        signer,
                        SnapshotFixtures.tiny(ahead).files(),
                        new HashMap<>()));
            }
        }

        private static List<SnapshotRecord> published(
                int hour, long generation, ManifestSigner signer, List<SnapshotFile> files, Map<String, byte[]> bytes) {
            List<SnapshotRecord> records = new ArrayList<>();
            if (hour > 0) {
                for (Delta delta : SnapshotFixtures.deltas(hour - 1, generation, signer)) {
                    records.addAll(delta.records());
                    bytes.put(delta.id().toString(), concatenated(delta.files()));
                }
            }
            Snapshot snapshot = Snapshot.of(SnapshotFixtures.description(hour, generation), files, signer);
            records.addAll(SnapshotRecords.of(snapshot));
            bytes.put(snapshot.version().toString(), concatenated(files));
            return records;
        }
    }

    private static SnapshotRecord flipped(SnapshotRecord record, Random random) {
        byte[] value = record.value().clone();
        value[random.nextInt(value.length)] ^= (byte) (1 << random.nextInt(8));
        return new SnapshotRecord(record.key(), value);
    }

    private static SnapshotRecord torn(SnapshotRecord record, Random random) {
        return new SnapshotRecord(record.key(), Arrays.copyOf(record.value(), random.nextInt(record.value().length)));
    }

    private static List<SnapshotRecord> mangled(List<SnapshotRecord> topic, Random random) {
        List<SnapshotRecord> mangled = new ArrayList<>();
        int harm = 4 + random.nextInt(40);
        for (SnapshotRecord record : topic) {
            switch (random.nextInt(harm)) {
                case 0 -> {} // lost
                case 1 -> mangled.addAll(List.of(record, record));
                case 2 -> mangled.addAll(List.of(flipped(record, random), record));
                case 3 -> mangled.add(random.nextBoolean() ? torn(record, random) : flipped(record, random));
                default -> mangled.add(record);
            }
        }
        switch (random.nextInt(4)) {
            case 0 -> Collections.shuffle(mangled, random);
            case 1 -> { // neighbours change places
                for (int i = 1; i < mangled.size(); i++) {
                    if (random.nextInt(3) == 0) {
                        Collections.swap(mangled, i, i - 1);
                    }
                }
            }
            case 2 -> { // a restart: a stretch comes again
                if (mangled.size() > 2) {
                    int from = random.nextInt(mangled.size() - 1);
                    int to = from + random.nextInt(mangled.size() - from);
                    mangled.addAll(to, List.copyOf(mangled.subList(from, to)));
                }
            }
            default -> mangled.subList(0, random.nextInt(mangled.size() + 1)).clear(); // retention
        }
        return mangled;
    }

    /** The older trainer, which nobody stopped, writes between the records of the newer. */
    private static List<SnapshotRecord> interleaved(
            List<SnapshotRecord> topic, List<SnapshotRecord> other, Random random) {
        List<SnapshotRecord> both = new ArrayList<>();
        int next = 0;
        for (SnapshotRecord record : topic) {
            both.add(record);
            while (next < other.size() && random.nextInt(3) == 0) {
                both.add(other.get(next++));
            }
        }
        return both;
    }

    private static Reader survive(Topics topics, TrustedKeys trusted, long seed) {
        Random random = new Random(seed);
        Reader reader = new Reader(topics.bytes, trusted);
        reader.snapshots.noteGeneration(GENERATION);
        reader.deltas.noteGeneration(GENERATION);
        List<SnapshotRecord> topic = mangled(topics.all, random);
        (random.nextBoolean() ? interleaved(topic, topics.zombie, random) : topic).forEach(reader::read);
        topics.hours.get(HOURS - 1).forEach(reader::read);
        assertThat(reader.lineage).isEqualTo(SnapshotFixtures.lineage(HOURS - 1));
        assertThat(reader.asOfMillis)
                .isEqualTo(SnapshotFixtures.version(HOURS - 1).eventTimeMillis());
        return reader;
    }

    @Test
    void keepsTheLastGoodOneAndSaysWhy() {
        Topics topics = new Topics(
                ManifestSigner.unsigned(), hour -> SnapshotFixtures.tiny(hour).files());
        Set<Reason> reasons = EnumSet.noneOf(Reason.class);
        boolean sawGap = false;
        for (long seed = 0; seed < 4000; seed++) {
            Reader reader = survive(topics, TrustedKeys.unchecked(), seed);
            reasons.addAll(reader.reasons);
            sawGap |= reader.sawGap;
        }
        assertThat(sawGap).isTrue();
        assertThat(reasons)
                .contains(
                        Reason.BAD_MANIFEST,
                        Reason.MISSING_CHUNKS,
                        Reason.CORRUPT_CHUNKS,
                        Reason.OLDER,
                        Reason.OLDER_GENERATION);
    }

    @Test
    void theSameWhereEverythingIsSigned() {
        Topics topics =
                new Topics(TestKeys.SIGNER, hour -> SnapshotFixtures.tiny(hour).files());
        for (long seed = 0; seed < 150; seed++) {
            survive(topics, TestKeys.TRUSTED, seed);
        }
    }

    @Test
    void theSameWhereSnapshotsHaveManyChunks() {
        Topics topics = new Topics(
                ManifestSigner.unsigned(),
                hour -> SnapshotFixtures.snapshot(hour, 1).files());
        for (long seed = 0; seed < 60; seed++) {
            survive(topics, TrustedKeys.unchecked(), seed);
        }
    }
}
