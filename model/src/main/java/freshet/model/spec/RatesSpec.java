package freshet.model.spec;

import java.util.List;

/**
 * Running label rates per id, learnt by counting and fed to the network as dense inputs. The counts are those of the
 * labels learnt before the batch that reads them.
 *
 * <p>Inputs of one key, from {@link #inputOffset} of that key on: for each task x / 2, sign(x) sqrt(|x|) / 2 and x |x| / 4,
 * where x is the smoothed log-odds minus the task's global log-odds (for a squared task the smoothed mean minus the global
 * mean); then once log(1 + count) / 4. All 0 for an id never seen and for a missing one.
 *
 * @param keys one id feature or a cross of several each; several ids give the mean over them
 * @param smoothing how many labels at the global rate every id starts with
 * @param inputOffsets where each key's inputs begin in the network's input
 */
public record RatesSpec(List<CrossSpec> keys, float smoothing, List<Integer> inputOffsets) {
    public RatesSpec {
        keys = List.copyOf(keys);
        inputOffsets = List.copyOf(inputOffsets);
    }

    public int inputOffset(int key) {
        return inputOffsets.get(key);
    }

    /** Number of inputs that one key gives. */
    public static int inputsPerKey(int tasks) {
        return 3 * tasks + 1;
    }
}
