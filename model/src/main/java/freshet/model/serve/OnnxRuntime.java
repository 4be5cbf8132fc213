package freshet.model.serve;

import ai.onnxruntime.OrtEnvironment;

/** The process's ONNX Runtime. Safe on any thread. */
public final class OnnxRuntime {
    /**
     * As it starts, the library (1.29) matches the process's command line against a regular expression, by recursion over every
     * letter: an argument of 4,000 letters, such as a class path, and the usual stack of 1 MB is not enough, which ends the
     * process. This is enough for the longest argument that Linux allows; it is address space, not memory.
     */
    private static final long STACK_BYTES = 128L << 20;

    private OnnxRuntime() {}

    /** Starts it at the first call. */
    public static OrtEnvironment environment() {
        return Holder.ENVIRONMENT;
    }

    private static final class Holder {
        static final OrtEnvironment ENVIRONMENT = start();
    }

    // Not in the holder: the thread would wait for the class that waits for the thread.
    private static OrtEnvironment start() {
        OrtEnvironment[] started = new OrtEnvironment[1];
        Thread thread =
                new Thread(null, () -> started[0] = OrtEnvironment.getEnvironment(), "onnxruntime-start", STACK_BYTES);
        thread.start();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        // Where it could not be started, this says why once more, to whoever asked.
        return started[0] == null ? OrtEnvironment.getEnvironment() : started[0];
    }
}
