package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.publish.ControlTopic;
import freshet.jobs.publish.SnapshotTopic;
import freshet.serde.control.TrainerAnswer;
import freshet.serde.control.TrainerCommand;
import freshet.serde.control.TrainerCommand.Action;
import freshet.serde.control.TrainerCommand.Resume;
import freshet.serde.control.TrainerCommand.RollBack;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freshet trainer}: tells a running trainer to go on, or to go back. */
@Command(
        name = "trainer",
        description = "Tells a running trainer to go on learning, or to go back to a snapshot and go on from there.",
        mixinStandardHelpOptions = true,
        subcommands = {TrainerCommands.ResumeLearning.class, TrainerCommands.GoBack.class})
final class TrainerCommands {
    private TrainerCommands() {}

    /** What every command takes. */
    static final class Order {
        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private DeploymentOption deployment;

        @Option(
                names = "--at",
                paramLabel = "TIME",
                description = "Event time, such as 2022-04-26T17:00Z; the trainer obeys at the first tick from there on"
                        + " (default: at the next one). A time that it has not reached makes the moment certain, whatever"
                        + " fails meanwhile.")
        private @Nullable OffsetDateTime at;

        @Option(
                names = "--wait",
                paramLabel = "SECONDS",
                defaultValue = "60",
                description = "How long to wait for the answer (default: ${DEFAULT-VALUE}).")
        private int waitSeconds;

        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private DecisionOptions decision;

        FreshetConfig config() {
            return deployment.load();
        }

        /** Sends it, waits, prints the answer; exit code 1 when it was refused or there was none. */
        int give(FreshetConfig config, Action action, CommandSpec spec) throws Exception {
            long atMillis = at == null
                    ? TrainerCommand.AS_SOON_AS_POSSIBLE
                    : at.toInstant().toEpochMilli();
            TrainerCommand command = new TrainerCommand(
                    UUID.randomUUID().toString(), atMillis, action, decision.by(), decision.reason());
            ControlTopic topic = new ControlTopic(config);
            PrintWriter err = spec.commandLine().getErr();
            long offset = topic.send(command);
            err.println(
                    "sent command " + command.id() + " to " + config.topics().trainerControl());
            Optional<TrainerAnswer> answer = topic.await(command.id(), offset, Duration.ofSeconds(waitSeconds));
            if (answer.isEmpty()) {
                err.println("freshet: no answer after " + waitSeconds
                        + " s. The trainer obeys when event time has reached"
                        + " the next tick" + (at == null ? "" : " at or behind " + at) + ": does it run, and does its"
                        + " frontier move? The answer will stand in "
                        + config.topics().trainerControl() + " under answer/"
                        + command.id() + ", and in the trainer's log and gauges (commandsDone, commandsRefused)");
                return Main.FAILED;
            }
            spec.commandLine()
                    .getOut()
                    .println(answer.get().outcome() + " at "
                            + Instant.ofEpochMilli(answer.get().atMillis()) + ": "
                            + answer.get().detail());
            return answer.get().outcome() == TrainerAnswer.Outcome.DONE ? 0 : Main.FAILED;
        }
    }

    @Command(
            name = "resume",
            description = "Lets a trainer go on that its guard has stopped: what comes now is taken as right, and how"
                    + " things used to be is forgotten.",
            mixinStandardHelpOptions = true)
    static final class ResumeLearning implements Callable<Integer> {
        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Order order;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            return order.give(order.config(), new Resume(), spec);
        }
    }

    @Command(
            name = "rollback",
            description = {
                "Brings the trainer's model back to that of a snapshot, from where it goes on learning; the guard lets go."
                        + " The snapshot is fetched and verified first, here and by the trainer.",
                "What servers load is another matter: freshet snapshot rollback."
            },
            mixinStandardHelpOptions = true)
    static final class GoBack implements Callable<Integer> {
        @Option(
                names = "--to",
                required = true,
                paramLabel = "VERSION",
                description = "Such as 20220425T16Z, or current or previous, as the registry names them.")
        @SuppressWarnings("NullAway.Init") // required: picocli sets it
        private String to;

        @Mixin
        @SuppressWarnings("NullAway.Init") // set by picocli
        private Order order;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            FreshetConfig config = order.config();
            SnapshotPlace place = SnapshotPlace.of(config);
            SnapshotTopic.Placed placed = place.topic().locate(place.version(to));
            RollBack rollBack = new RollBack(
                    placed.snapshot().version(), placed.snapshot().manifest().sha256(), placed.offset());
            return order.give(config, rollBack, spec);
        }
    }
}
