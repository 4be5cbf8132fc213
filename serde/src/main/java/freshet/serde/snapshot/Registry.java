package freshet.serde.snapshot;

import freshet.serde.snapshot.RegistryEntry.State;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a compacted registry topic says: which snapshots are good, and which one servers should load. An immutable value: records
 * are {@linkplain #with taken in} one by one, and what somebody wants to change comes out as records to write.
 *
 * <p>A version is {@code known}, then {@code promoted} or {@code quarantined}, and whatever it was, {@code withdrawn} for good.
 * The aliases {@code current}, {@code previous} and {@code canary} stand in one record, so that a server sees a promotion whole or
 * not at all. Whoever writes last is right: a compacted topic keeps nothing else. Safe on any thread.
 */
public final class Registry {
    /** A registry in which nothing has been written. */
    public static final Registry EMPTY = new Registry(new TreeMap<>(), RegistryAliases.NONE, 0);

    private final SortedMap<SnapshotVersion, RegistryEntry> entries;
    private final RegistryAliases aliases;
    private final long generation;

    private Registry(SortedMap<SnapshotVersion, RegistryEntry> entries, RegistryAliases aliases, long generation) {
        this.entries = Collections.unmodifiableSortedMap(entries);
        this.aliases = aliases;
        this.generation = generation;
    }

    /** Who wants a change, and why; both are shown to people. */
    public record Cause(String by, String reason) {}

    /**
     * A change: the registry after it, and the records that bring it about, to be written in this order. The aliases come last,
     * so a writer that dies in between has changed nothing that servers follow.
     */
    public record Change(Registry after, List<SnapshotRecord> records) {
        public Change {
            records = List.copyOf(records);
        }
    }

    /** Every version the registry knows of, oldest first. */
    public SortedMap<SnapshotVersion, RegistryEntry> entries() {
        return entries;
    }

    /** What the registry says of a version. */
    public Optional<RegistryEntry> entry(SnapshotVersion version) {
        return Optional.ofNullable(entries.get(version));
    }

    public RegistryAliases aliases() {
        return aliases;
    }

    /**
     * Whether a version behind another one was found bad. The deltas of that other one lead there, so servers that hold it
     * should not apply them.
     */
    public boolean isBadBehind(SnapshotVersion version) {
        return entries.tailMap(version).values().stream()
                .anyMatch(entry ->
                        entry.version().compareTo(version) > 0 && entry.state().isBad());
    }

    /** The version that servers should load. */
    public Optional<SnapshotVersion> current() {
        return Optional.ofNullable(aliases.current());
    }

    /** The newest generation of the trainer: smaller ones have been replaced. 0 before the first claim. */
    public long generation() {
        return generation;
    }

    /**
     * The registry after a record of the topic.
     *
     * @param offset of the record in the topic: what makes a claim's generation
     * @throws BadSnapshotException when the record is none of this format; the registry is as before
     */
    public Registry with(SnapshotRecord record, long offset) throws BadSnapshotException {
        if (record.key().equals(RegistryCodec.GENERATION)) {
            return new Registry(entries, aliases, Math.max(generation, generationOf(offset)));
        }
        if (record.key().equals(RegistryCodec.ALIASES)) {
            return new Registry(entries, RegistryCodec.aliases(record.value()), generation);
        }
        return with(RegistryCodec.entry(record));
    }

    /** The record by which a starting trainer claims the next generation. */
    public static SnapshotRecord claim(String by) {
        return RegistryCodec.claim(by);
    }

    /**
     * The generation of a claim that was written at an offset. The log itself numbers the claims: two trainers that start at the
     * same moment get two numbers, without a clock and without asking one another.
     */
    public static long generationOf(long offset) {
        return offset + 1;
    }

    private Registry with(RegistryEntry entry) {
        SortedMap<SnapshotVersion, RegistryEntry> changed = new TreeMap<>(entries);
        changed.put(entry.version(), entry);
        return new Registry(changed, aliases, generation);
    }

    /** Makes a snapshot the current one; what was current becomes previous. */
    public Change promote(SnapshotManifest snapshot, Cause cause) throws RegistryRefusedException {
        SnapshotVersion version = snapshot.version();
        RegistryEntry before = entries.get(version);
        if (isSame(before, snapshot) && before != null && before.state() == State.WITHDRAWN) {
            throw new RegistryRefusedException("promoting " + version + ": it was withdrawn (" + before.reason()
                    + "); a withdrawn version never comes back");
        }
        SnapshotVersion previous = version.equals(aliases.current()) ? aliases.previous() : aliases.current();
        SnapshotVersion canary = version.equals(aliases.canary()) ? null : aliases.canary();
        return change(
                RegistryEntry.of(snapshot, State.PROMOTED, cause),
                new RegistryAliases(version, previous, canary, cause.by(), cause.reason()));
    }

    private static boolean isSame(@Nullable RegistryEntry entry, SnapshotManifest snapshot) {
        return entry != null && entry.sha256().equals(snapshot.sha256());
    }

    /** Writes down that a snapshot is there; says nothing about what should be loaded. */
    public Change known(SnapshotManifest snapshot, Cause cause) {
        if (isSame(entries.get(snapshot.version()), snapshot)) {
            return new Change(this, List.of());
        }
        return change(RegistryEntry.of(snapshot, State.KNOWN, cause), aliases);
    }

    /** Sends a share of the traffic to a snapshot; how much is the servers' business. With the current one there is no canary any more. */
    public Change canary(SnapshotManifest snapshot, Cause cause) throws RegistryRefusedException {
        RegistryEntry before = entries.get(snapshot.version());
        if (isSame(before, snapshot) && before != null && before.state().isBad()) {
            throw new RegistryRefusedException("making " + snapshot.version() + " the canary: it is "
                    + before.state().label() + " (" + before.reason() + ")");
        }
        RegistryEntry entry =
                isSame(before, snapshot) && before != null ? before : RegistryEntry.of(snapshot, State.KNOWN, cause);
        SnapshotVersion canary = snapshot.version().equals(aliases.current()) ? null : snapshot.version();
        return change(
                entry, new RegistryAliases(aliases.current(), aliases.previous(), canary, cause.by(), cause.reason()));
    }

    /** Keeps a snapshot from being promoted. One that serves already has to be rolled back or withdrawn. */
    public Change quarantine(SnapshotManifest snapshot, Cause cause) throws RegistryRefusedException {
        if (snapshot.version().equals(aliases.current())) {
            throw new RegistryRefusedException(
                    "quarantining " + snapshot.version() + ": it is the current one; roll back, or withdraw it");
        }
        return change(RegistryEntry.of(snapshot, State.QUARANTINED, cause), without(snapshot.version(), cause));
    }

    /** Goes back to the previous version; the one that was current is quarantined. */
    public Change rollback(Cause cause) throws RegistryRefusedException {
        if (aliases.previous() == null) {
            throw new RegistryRefusedException(
                    "rolling back: there is no previous version to go back to; name one with" + " promote");
        }
        return rollbackTo(aliases.previous(), cause);
    }

    /** Goes back to a version that was promoted before; the one that was current is quarantined. */
    public Change rollbackTo(SnapshotVersion target, Cause cause) throws RegistryRefusedException {
        RegistryEntry entry = entries.get(target);
        if (entry == null || entry.state() != State.PROMOTED || target.equals(aliases.current())) {
            throw new RegistryRefusedException("rolling back to " + target + ": it "
                    + (entry == null
                            ? "was never promoted"
                            : target.equals(aliases.current())
                                    ? "is current already"
                                    : "is " + entry.state().label())
                    + "; expected a version that was promoted before");
        }
        RegistryEntry bad = aliases.current() == null ? null : entries.get(aliases.current());
        RegistryAliases after =
                new RegistryAliases(target, promotedBefore(target, bad), aliases.canary(), cause.by(), cause.reason());
        return bad == null ? change(entry, after) : change(bad.as(State.QUARANTINED, cause), after);
    }

    /**
     * Takes a version out of use for good. If it is current, servers go back to the previous one; if there is none, nothing is
     * current any more: servers keep what they have, and new ones wait.
     */
    public Change withdraw(SnapshotManifest snapshot, Cause cause) {
        return change(RegistryEntry.of(snapshot, State.WITHDRAWN, cause), without(snapshot.version(), cause));
    }

    /** The aliases without a version that has turned out bad. */
    private RegistryAliases without(SnapshotVersion bad, Cause cause) {
        RegistryEntry badEntry = entries.get(bad);
        SnapshotVersion current = aliases.current();
        SnapshotVersion previous = aliases.previous();
        SnapshotVersion canary = bad.equals(aliases.canary()) ? null : aliases.canary();
        if (bad.equals(current)) {
            current = previous;
            previous = current == null ? null : promotedBefore(current, badEntry);
        } else if (bad.equals(previous)) {
            previous = current == null ? null : promotedBefore(current, badEntry);
        } else if (bad.equals(aliases.canary())) {
            return new RegistryAliases(current, previous, null, cause.by(), cause.reason());
        } else {
            return aliases;
        }
        return new RegistryAliases(current, previous, canary, cause.by(), cause.reason());
    }

    /** The newest version before another that is promoted and not the bad one; null if there is none. */
    private @Nullable SnapshotVersion promotedBefore(SnapshotVersion version, @Nullable RegistryEntry bad) {
        SnapshotVersion found = null;
        for (RegistryEntry entry : entries.headMap(version).values()) {
            if (entry.state() == State.PROMOTED
                    && (bad == null || !entry.version().equals(bad.version()))) {
                found = entry.version();
            }
        }
        return found;
    }

    private Change change(RegistryEntry entry, RegistryAliases to) {
        List<SnapshotRecord> records = new ArrayList<>();
        if (!entry.equals(entries.get(entry.version()))) {
            records.add(RegistryCodec.record(entry));
        }
        if (!to.equals(aliases)) {
            records.add(RegistryCodec.record(to));
        }
        Registry with = with(entry);
        return new Change(new Registry(with.entries, to, generation), records);
    }
}
