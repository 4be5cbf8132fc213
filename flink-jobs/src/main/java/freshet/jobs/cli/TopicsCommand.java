package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.TopicPlan;
import freshet.jobs.local.CannotStartException;
import freshet.jobs.source.KafkaTopics;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet topics}: which topics a configuration needs, and making them. */
@Command(
        name = "topics",
        description = {
            "Prints the topics that a configuration names, with the partitions and settings they should have.",
            "With --create makes those that are missing; one that is there stays as it is."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TopicsCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DeploymentOption deployment;

    @Option(names = "--create", description = "Make those that are missing.")
    private boolean create;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "4",
            description =
                    "Of topics that carry the load (default: ${DEFAULT-VALUE}). Those of the examples are fixed for the"
                            + " life of the trainer.")
    private int partitions;

    @Option(
            names = "--replication",
            paramLabel = "N",
            defaultValue = "-1",
            description = "Copies of each partition (default: what the brokers say).")
    private short replication;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (partitions < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--partitions: found " + partitions + ", expected at least 1");
        }
        FreshetConfig config = deployment.load();
        PrintWriter out = spec.commandLine().getOut();
        for (TopicPlan plan : TopicPlan.of(config.topics())) {
            out.println(plan.name() + " partitions=" + partitionsOf(plan) + " " + plan.settings());
        }
        return create ? create(config) : 0;
    }

    private int partitionsOf(TopicPlan plan) {
        return plan.spread() == TopicPlan.Spread.ONE ? 1 : partitions;
    }

    private int create(FreshetConfig config) throws InterruptedException {
        int made = 0;
        try (Admin admin = Admin.create(config.kafka().forAdmins())) {
            for (TopicPlan plan : TopicPlan.of(config.topics())) {
                NewTopic topic = new NewTopic(plan.name(), partitionsOf(plan), replication).configs(plan.settings());
                try {
                    made += KafkaTopics.createIfMissing(admin, topic) ? 1 : 0;
                } catch (ExecutionException e) {
                    throw new CannotStartException(
                            "creating the topic " + plan.name() + " at "
                                    + config.kafka().bootstrapServers() + ": found "
                                    + e.getCause()
                                    + ", expected it to be made; are the address and the permissions right?",
                            e);
                }
            }
        }
        spec.commandLine().getErr().println(made + " topics made");
        return 0;
    }
}
