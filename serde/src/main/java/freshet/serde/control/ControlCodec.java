package freshet.serde.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.serde.control.TrainerAnswer.Outcome;
import freshet.serde.control.TrainerCommand.Action;
import freshet.serde.control.TrainerCommand.Resume;
import freshet.serde.control.TrainerCommand.RollBack;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.util.Locale;

/** The records of the control topic: keys, and values as one line of JSON. FORMAT.md lists them. */
public final class ControlCodec {
    private static final String COMMAND = "command/";
    private static final String ANSWER = "answer/";
    private static final int FORMAT = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    private ControlCodec() {}

    /** Under which key a command stands. */
    public static String commandKey(String id) {
        return COMMAND + id;
    }

    /** Under which key the answer to a command stands. */
    public static String answerKey(String id) {
        return ANSWER + id;
    }

    /** Whether a command stands under a key. */
    public static boolean isCommand(String key) {
        return key.startsWith(COMMAND);
    }

    /** One line of JSON. */
    public static String line(TrainerCommand command) {
        ObjectNode json = JSON.createObjectNode();
        json.put("format", FORMAT).put("id", command.id());
        if (command.action() instanceof RollBack rollBack) {
            json.put("command", "rollback")
                    .put("version", rollBack.version().toString())
                    .put("sha256", rollBack.sha256())
                    .put("offset", rollBack.offset());
        } else {
            json.put("command", "resume");
        }
        return json.put("at", command.atMillis())
                .put("by", command.by())
                .put("reason", command.reason())
                .toString();
    }

    /** One line of JSON. */
    public static String line(TrainerAnswer answer) {
        return JSON.createObjectNode()
                .put("format", FORMAT)
                .put("id", answer.id())
                .put("outcome", answer.outcome().name().toLowerCase(Locale.ROOT))
                .put("at", answer.atMillis())
                .put("detail", answer.detail())
                .toString();
    }

    /** @throws BadControlException when the line is no command of this format */
    public static TrainerCommand command(String line) throws BadControlException {
        JsonNode json = parse("command of a trainer", line);
        try {
            return new TrainerCommand(
                    json.path("id").asText(),
                    json.path("at").asLong(),
                    action(json),
                    json.path("by").asText(),
                    json.path("reason").asText());
        } catch (IllegalArgumentException e) {
            throw new BadControlException(String.valueOf(e.getMessage()), e);
        }
    }

    private static Action action(JsonNode json) throws BadControlException {
        String name = json.path("command").asText();
        switch (name) {
            case "resume" -> {
                return new Resume();
            }
            case "rollback" -> {
                try {
                    return new RollBack(
                            SnapshotVersion.parse(json.path("version").asText()),
                            json.path("sha256").asText(),
                            json.path("offset").asLong());
                } catch (BadSnapshotException e) {
                    throw new BadControlException("command of a trainer: " + e.getMessage(), e);
                }
            }
            default ->
                throw new BadControlException(
                        "command of a trainer: found '" + name + "', expected resume or rollback");
        }
    }

    /** @throws BadControlException when the line is no answer of this format */
    public static TrainerAnswer answer(String line) throws BadControlException {
        String what = "answer of a trainer";
        JsonNode json = parse(what, line);
        String outcome = json.path("outcome").asText();
        for (Outcome known : Outcome.values()) {
            if (known.name().toLowerCase(Locale.ROOT).equals(outcome)) {
                return new TrainerAnswer(
                        json.path("id").asText(),
                        known,
                        json.path("at").asLong(),
                        json.path("detail").asText());
            }
        }
        throw new BadControlException(what + ": found the outcome '" + outcome + "', expected done or refused");
    }

    private static JsonNode parse(String what, String line) throws BadControlException {
        JsonNode json;
        try {
            json = JSON.readTree(line);
        } catch (IOException e) {
            throw new BadControlException(what + ": not JSON", e);
        }
        if (json.path("format").asInt() != FORMAT) {
            throw new BadControlException(what + ": found format '"
                    + json.path("format").asText() + "', expected " + FORMAT + "; it was written by another release");
        }
        return json;
    }
}
