package freshet.jobs.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Runs simulations, each on its own; all seeds of a range, so that one says how many fail. */
final class Seeds {
    private Seeds() {}

    /** Those that fail, with what is to be said of them. */
    static SortedMap<Long, String> failures(long from, long to, Path folder) {
        SortedMap<Long, String> failures = new TreeMap<>();
        LongStream.range(from, to).parallel().forEach(seed -> {
            String failure = failure(seed, folder, false);
            if (!failure.isEmpty()) {
                synchronized (failures) {
                    failures.put(seed, failure);
                }
            }
        });
        return failures;
    }

    /** Empty where everything holds. */
    static String failure(long seed, Path folder, boolean printed) {
        Trace trace = new Trace(printed);
        Path disk = folder.resolve("server-" + seed);
        try {
            new Simulation(seed, Files.createDirectories(disk), trace).run();
            return "";
        } catch (RuntimeException | AssertionError | IOException e) {
            String what = e instanceof Broken ? e.getMessage() : e + " at " + e.getStackTrace()[0];
            return "seed " + seed + ", step " + trace.steps() + ": " + what + "\nThe last steps:\n" + trace
                    + "\nAll of them: -Dfreshet.simulation.seed=" + seed;
        } finally {
            delete(disk);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
