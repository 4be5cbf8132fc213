package freshet.jobs.faults;

import freshet.jobs.local.KafkaNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** The main of a broker that asks who somebody is: one user, whose password is in a file beside its data. */
final class SaslBroker {
    static final String USER = "freshet";
    static final String PASSWORD_FILE = "broker-password";

    private static final String LISTENER = "SASL_PLAINTEXT";

    private SaslBroker() {}

    /**
     * @param arguments folder, port, controller port
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Path.of(arguments[0]);
        String password = Files.readString(folder.resolveSibling(PASSWORD_FILE));
        String login =
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%1$s\" password=\"%2$s\""
                        + " user_%1$s=\"%2$s\";";
        KafkaNode.start(
                folder,
                Integer.parseInt(arguments[1]),
                Integer.parseInt(arguments[2]),
                Map.of(
                        "listeners",
                        LISTENER + "://127.0.0.1:" + arguments[1] + ",CONTROLLER://127.0.0.1:" + arguments[2],
                        "advertised.listeners",
                        LISTENER + "://127.0.0.1:" + arguments[1],
                        "listener.security.protocol.map",
                        LISTENER + ":SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                        "inter.broker.listener.name",
                        LISTENER,
                        "sasl.enabled.mechanisms",
                        "PLAIN",
                        "sasl.mechanism.inter.broker.protocol",
                        "PLAIN",
                        "listener.name.sasl_plaintext.plain.sasl.jaas.config",
                        login.formatted(USER, password)));
        new CountDownLatch(1).await(); // until it is killed
    }
}
