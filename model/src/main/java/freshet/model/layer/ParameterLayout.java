package freshet.model.layer;

import freshet.model.math.ProductKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where each dense parameter lies in the one array that holds them all, so that an optimizer and a checkpoint each see one
 * array. Immutable once built; safe on any thread.
 *
 * <p>Names and shapes, for a bottom of width b, experts' output of width e (b without experts), input of width n. Every
 * product is {@code x · W + bias} with x a row, so W is {@code [inputs, outputs]}, row by row:
 *
 * <pre>
 * cross.L.weight          [n, n]     DCN-v2 layer L: x' = input ⊙ (x · W + bias) + x
 * cross.L.bias            [n]
 * bottom.L.weight         [in, out]  each followed by ReLU
 * bottom.L.bias           [out]
 * expert.E.L.weight       [in, out]  each followed by ReLU; reads the bottom
 * expert.E.L.bias         [out]
 * gate.TASK.weight        [b, experts]   softmax over experts; reads the bottom
 * gate.TASK.bias          [experts]
 * tower.TASK.L.weight     [in, out]  each followed by ReLU; reads the gated mixture of experts
 * tower.TASK.L.bias       [out]
 * tower.TASK.out.weight   [in, 1]    gives the head, to which wide, shallow and global log-odds are added: the logit
 * tower.TASK.out.bias     [1]
 * balance.TASK            [1]        log of the task's variance, where tasks are balanced by uncertainty
 * </pre>
 *
 * <p>In the structure {@code single_task} each task has cross layers and a bottom of its own: {@code cross.TASK.L},
 * {@code bottom.TASK.L}. A tower that reads other tasks has one further input for each.
 */
public final class ParameterLayout {
    /** The {@link Entry#task} of a parameter that several tasks share. */
    public static final int SHARED = -1;

    /** Entries begin at multiples of this many floats: 64 bytes, a cache line and the widest vector. */
    private static final int ALIGNMENT = 16;

    /**
     * One parameter.
     *
     * @param name unique
     * @param shape extents, outermost first
     * @param offset of its first value in the arena
     * @param size number of values
     * @param task index of the task it belongs to alone, or {@link #SHARED}
     */
    public record Entry(String name, List<Integer> shape, int offset, int size, int task) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private int floats;

    /** Adds a parameter behind those before it and returns its place. For the network that is being built. */
    Entry add(String name, int task, int... shape) {
        int size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        Entry entry = new Entry(name, Arrays.stream(shape).boxed().toList(), floats, size, task);
        if (entries.putIfAbsent(name, entry) != null) {
            throw new IllegalArgumentException("parameter layout: the name '" + name + "' stands twice");
        }
        floats = Math.addExact(floats, (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        return entry;
    }

    /** In the order of the arena. */
    public List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    /**
     * Length of the arena. The gaps between entries, and the one behind the last that a {@link ProductKernel} may read, are always
     * 0.
     */
    public int floats() {
        return floats + ProductKernel.READ;
    }

    /** The place of one parameter. */
    public Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("parameter layout: found no '" + name + "', expected one of "
                    + String.join(", ", entries.keySet()));
        }
        return entry;
    }

    /** Copies of all parameters, in the order of the arena. */
    public List<NamedTensor> tensors(float[] arena) {
        List<NamedTensor> tensors = new ArrayList<>();
        for (Entry entry : entries.values()) {
            tensors.add(new NamedTensor(
                    entry.name(),
                    entry.shape(),
                    Arrays.copyOfRange(arena, entry.offset(), entry.offset() + entry.size())));
        }
        return tensors;
    }

    /** The arena that holds these parameters; tensors of other names are passed over, a missing one is refused. */
    public float[] arena(List<NamedTensor> tensors) {
        float[] arena = new float[floats()];
        Map<String, NamedTensor> byName = new LinkedHashMap<>();
        tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
        for (Entry entry : entries.values()) {
            NamedTensor tensor = byName.get(entry.name());
            if (tensor == null || !tensor.shape().equals(entry.shape())) {
                throw new IllegalArgumentException("reading parameters: for '" + entry.name() + "' found "
                        + (tensor == null ? "nothing" : "shape " + tensor.shape()) + ", expected shape "
                        + entry.shape() + "; the tensors belong to another model");
            }
            System.arraycopy(tensor.values(), 0, arena, entry.offset(), entry.size());
        }
        return arena;
    }
}
