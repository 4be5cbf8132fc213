package freshet.jobs.simulation;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.PlainJoin;
import freshet.model.serve.SubscriberOptions;
import freshet.model.serve.SubscriberOptions.Deltas;
import freshet.model.serve.SubscriberOptions.Follow;
import freshet.serde.event.Event;
import freshet.serde.snapshot.KeyFiles;
import freshet.serde.snapshot.ManifestSigner;
import freshet.serde.snapshot.Registry;
import freshet.serde.snapshot.RegistryRefusedException;
import freshet.serde.snapshot.TrustedKeys;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One deployment and its life, drawn from a seed: events of a few viewers go through the three jobs to a server. Whose turn it is,
 * what is slow, and what fails between any two steps is drawn as well; when all has come to rest, it is compared with the plain run.
 *
 * <p>Its shape is that of Kafka's {@code RaftEventSimulationTest}: nodes whose disks outlive them, a message log that
 * misbehaves, invariants after each event.
 */
final class Simulation {
    static final FreshetConfig CONFIG = FreshetConfig.parse("simulation", """
            name: simulation
            events:
              max_disorder: 1m
              feedback_wait: 5m
              duplicate_window: 1h
            tasks:
              - {name: click, label: {kind: click}, horizon: 2m}
              - {name: like, label: {kind: like}, horizon: 20m, decide: at_horizon, given: click}
              - name: watch
                label: {kind: watch, aggregate: sum, unit: seconds, transform: log1p}
                horizon: 10m
                loss: squared
            features:
            %s
            model:
              embeddings: [{feature: last_shown, dim: 2}]
              rates: {smoothing: 5, keys: [[user]]}
              bottom: [2]
              tower: [2]
              batch: 4
              tick: 5m
              tables: [{name: "rate.*"}, {name: "*", expire_after: 1h}]
            snapshots: {delta_every: 30m}
            gate: {least_positives: 1000}
            """.formatted(PlainJoin.features()));

    private static final KeyPair KEYS = KeyFiles.newPair();
    private static final Registry.Cause PERSON = new Registry.Cause("person", "drawn");
    private static final int MOST_FAULTS = 25;

    private final Draw draw;
    private final Trace trace;
    private final Topics topics;
    private final PlainRun plain;
    private final Invariants invariants;
    private final ManifestSigner signer;
    private final ExamplesJob examples;
    /** The last one is at work; those before it have been replaced and do not know. */
    private final List<TrainJob> trainers = new ArrayList<>();

    private final GateJob gate;
    private final Server server;
    private final Mangling snapshotMangling;
    private final Mangling deltaMangling;
    private int faults;

    /** @param disk of the server */
    Simulation(long seed, Path disk, Trace trace) {
        this.trace = trace;
        draw = new Draw(seed);
        ViewerEvents viewers = new ViewerEvents(seed, 3, 25 + draw.below(15));
        List<Event> arrival = viewers.arrival(seed);
        plain = new PlainRun(CONFIG, arrival);
        invariants = new Invariants(plain);
        topics = new Topics(CONFIG.features().schema(), arrival, draw);
        // To sign and to check takes longer than all the rest.
        boolean signed = seed % 20 == 0;
        signer = signed ? ManifestSigner.of("k", KEYS.getPrivate()) : ManifestSigner.unsigned();
        TrustedKeys trusted = signed ? TrustedKeys.of(Map.of("k", KEYS.getPublic())) : TrustedKeys.unchecked();
        snapshotMangling = new Mangling(topics.snapshots, draw);
        deltaMangling = new Mangling(topics.deltas, draw);
        examples = new ExamplesJob(CONFIG, topics, draw, invariants);
        trainers.add(trainer(Optional.empty()));
        gate = new GateJob(CONFIG, topics, trusted);
        server = new Server(
                topics,
                draw,
                invariants,
                SubscriberOptions.following(Follow.CURRENT)
                        .with(Deltas.APPLIED)
                        .trusting(trusted)
                        .keepingLastGood(disk));
        topics.beforeWrite = this::betweenReadingAndWriting;
        topics.afterWrite = () -> {
            invariants.promoted(topics.registry());
            dieNowAndThen();
        };
    }

    private TrainJob trainer(Optional<TrainJob> replaced) {
        return new TrainJob(
                "trainer-" + trainers.size(),
                CONFIG,
                topics,
                draw,
                invariants,
                signer,
                snapshotMangling,
                deltaMangling,
                replaced.map(Job::completed).orElse(null));
    }

    private TrainJob trainer() {
        return trainers.get(trainers.size() - 1);
    }

    /** To the end. */
    void run() {
        try {
            int faultOneIn = draw.of(10, 50, 200);
            int checkpointOneIn = draw.of(40, 100, 300);
            List<Supplier<Optional<String>>> turns = turns();
            while (!isAtRest()) {
                if (faults < MOST_FAULTS && draw.oneIn(faultOneIn)) {
                    faults++;
                    fault().ifPresent(trace::add);
                    turns = turns();
                } else if (draw.oneIn(checkpointOneIn)) {
                    Job<?> job = draw.flip() ? examples : job();
                    trace.add(name(job) + ": " + job.checkpoint());
                } else if (draw.oneIn(checkpointOneIn)) {
                    Job<?> job = job();
                    (draw.oneIn(4) ? job.abort() : job.complete())
                            .ifPresent(what -> trace.add(name(job) + ": " + what));
                } else {
                    turns.get(draw.below(turns.size())).get().ifPresent(trace::add);
                }
            }
            invariants.end(examples.join().ledger());
            heal();
        } finally {
            trainers.forEach(TrainJob::close);
            server.close();
        }
    }

    /** Every thread some times, so that some are fast and some slow. */
    private List<Supplier<Optional<String>>> turns() {
        List<Supplier<Optional<String>>> turns = new ArrayList<>();
        for (Actor actor : actors()) {
            for (Supplier<Optional<String>> thread : actor.threads()) {
                for (int times = draw.of(1, 3, 10); times > 0; times--) {
                    turns.add(thread);
                }
            }
        }
        return turns;
    }

    private List<Actor> actors() {
        List<Actor> actors = new ArrayList<>(List.of(examples, gate, server));
        actors.addAll(trainers);
        return actors;
    }

    /** Whether nobody has anything to do. What looks does it. */
    private boolean isAtRest() {
        if (!draw.oneIn(100)) {
            return false;
        }
        for (Actor actor : actors()) {
            for (Supplier<Optional<String>> thread : actor.threads()) {
                Optional<String> done = thread.get();
                if (done.isPresent()) {
                    trace.add(done.get());
                    return false;
                }
            }
        }
        return true;
    }

    private Job<?> job() {
        return switch (draw.below(3)) {
            case 0 -> examples;
            case 1 -> trainer();
            default -> gate;
        };
    }

    private String name(Job<?> job) {
        return job == examples ? "examples job" : job == gate ? "gate" : "trainer-" + (trainers.size() - 1);
    }

    private Optional<String> fault() {
        switch (draw.below(10)) {
            case 0, 1, 2, 3 -> {
                Job<?> job = job();
                return Optional.of(name(job) + ": " + job.crash());
            }
            case 4 -> {
                TrainJob old = trainer();
                trainers.add(trainer(Optional.of(old)));
                old.goAstray();
                return Optional.of("trainer-" + (trainers.size() - 1) + " replaces the one before, which goes astray");
            }
            case 5 -> {
                return Optional.of(server.restart());
            }
            case 6 -> {
                topics.registry.compact();
                return Optional.of("registry: compacted");
            }
            case 7 -> {
                Topic topic = draw.flip() ? topics.snapshots : topics.deltas;
                topic.retainFrom(topic.end() - draw.below(10));
                return Optional.of("retention on " + (topic == topics.snapshots ? "snapshots" : "deltas"));
            }
            case 8 -> {
                return rollBack();
            }
            default -> {
                snapshotMangling.worse();
                deltaMangling.worse();
                return Optional.of("mangling");
            }
        }
    }

    private Optional<String> rollBack() {
        try {
            Registry.Change change = topics.registry().rollback(PERSON);
            change.records().forEach(topics.registry::append);
            return Optional.of("a person rolls back to " + change.after().current());
        } catch (RegistryRefusedException e) {
            return Optional.empty();
        }
    }

    private void betweenReadingAndWriting() {
        if (faults < MOST_FAULTS && draw.oneIn(10)) {
            faults++;
            if (draw.flip()) {
                rollBack().ifPresent(trace::add);
            } else {
                topics.claim("somebody");
            }
        }
        dieNowAndThen();
    }

    private void dieNowAndThen() {
        if (faults < MOST_FAULTS && draw.oneIn(20)) {
            faults++;
            throw new Crash();
        }
    }

    /** The faults are over: what the registry names is sent again, and then it serves. */
    private void heal() {
        trace.add("faults are over");
        snapshotMangling.heal();
        Registry registry = topics.registry();
        if (registry.current().isEmpty()) {
            return;
        }
        String current = registry.current().get().toString();
        plain.records().values().stream()
                .filter(record ->
                        record.key().startsWith(current + "/") && !record.key().contains("/delta/"))
                .forEach(topics.snapshots::append);
        while (!isAtRest()) {}
    }
}
