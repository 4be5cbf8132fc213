package freshet.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.jobs.local.CannotStartException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The same model in PyTorch, where there is one: {@code standard_model.py}, run with a Python of the caller's. */
public final class PyTorchBaseline {
    /**
     * Examples per CPU second of one thread.
     *
     * @param modules as PyTorch's own means offer the model
     * @param arranged as one arranges it by hand who looks at the time
     */
    public record Rates(double modules, double arranged) {
        /** The better of the two. */
        public double best() {
            return Math.max(modules, arranged);
        }
    }

    private PyTorchBaseline() {}

    /**
     * Looks whether this is a Python with torch, before time is spent on anything else.
     *
     * @throws CannotStartException if it is not
     */
    public static void check(Path python) throws InterruptedException {
        int code;
        try {
            code = new ProcessBuilder(python.toString(), "-c", "import torch")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new CannotStartException("--pytorch: running " + python + " failed: " + e.getMessage(), e);
        }
        if (code != 0) {
            throw new CannotStartException("--pytorch: " + python
                    + " cannot import torch; expected a python3 with PyTorch, such as that of a virtual environment after"
                    + " pip install torch");
        }
    }

    /**
     * Trains the model in both ways, by batch size.
     *
     * @param python a Python that can import torch
     * @throws IOException if it cannot be run, or does not end well; the message says what it wrote
     */
    public static Map<Integer, Rates> run(Path python, double secondsPerResult, List<Integer> batches)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("freshet-bench");
        Path script = folder.resolve("standard_model.py");
        Path errors = folder.resolve("errors");
        try {
            try (InputStream in =
                    Objects.requireNonNull(PyTorchBaseline.class.getResourceAsStream("standard_model.py"))) {
                Files.copy(in, script, StandardCopyOption.REPLACE_EXISTING);
            }
            String sizes = batches.stream().map(String::valueOf).collect(Collectors.joining(","));
            Process process = new ProcessBuilder(
                            python.toString(), script.toString(), Double.toString(secondsPerResult), sizes)
                    .redirectError(errors.toFile())
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException("training the standard model with " + python + ": it ended with code " + code
                        + ", expected 0; it wrote: " + Files.readString(errors).strip());
            }
            Map<Integer, Rates> rates = new TreeMap<>();
            for (Map.Entry<String, JsonNode> rate :
                    new ObjectMapper().readTree(output).properties()) {
                JsonNode found = rate.getValue();
                rates.put(
                        Integer.parseInt(rate.getKey()),
                        new Rates(
                                found.get("modules").asDouble(),
                                found.get("arranged").asDouble()));
            }
            return rates;
        } finally {
            Files.deleteIfExists(script);
            Files.deleteIfExists(errors);
            Files.deleteIfExists(folder);
        }
    }
}
