package freshet.jobs.join;

import freshet.serde.example.FeatureValues;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the slots of one {@link StateShape} are found in state of another.
 *
 * @param tasks {@code int[task]}: the old slot, or -1 for a task that is new
 * @param ids {@code int[slot]}: the old slot, or -1 for a feature that is new
 * @param numbers {@code int[slot]}: the same of dense features
 */
record ShapeChange(int[] tasks, int[] ids, int[] numbers) {
    private static final String[] NO_IDS = {};

    static ShapeChange between(StateShape before, StateShape after) {
        List<String> oldTasks = new ArrayList<>();
        for (StateShape.Task task : before.tasks()) {
            // One that went away and came back as another has nothing to do with the old one.
            boolean isSame = after.tasks().stream()
                    .anyMatch(now -> now.name().equals(task.name())
                            && now.label().equals(task.label())
                            && now.given().equals(task.given())
                            && now.horizonMillis() >= task.horizonMillis());
            oldTasks.add(isSame ? task.name() : "");
        }
        return new ShapeChange(
                after.tasks().stream()
                        .mapToInt(task -> oldTasks.indexOf(task.name()))
                        .toArray(),
                slots(before.ids(), after.ids()),
                slots(before.numbers(), after.numbers()));
    }

    private static int[] slots(List<StateShape.Feature> before, List<StateShape.Feature> after) {
        return after.stream().mapToInt(before::indexOf).toArray();
    }

    /** Features in their new slots; a new one is missing. */
    FeatureValues apply(FeatureValues before) {
        String[][] newIds = new String[ids.length][];
        for (int slot = 0; slot < ids.length; slot++) {
            newIds[slot] = ids[slot] < 0 ? NO_IDS : before.ids()[ids[slot]];
        }
        float[] newNumbers = new float[numbers.length];
        for (int slot = 0; slot < numbers.length; slot++) {
            newNumbers[slot] = numbers[slot] < 0 ? 0 : before.numbers()[numbers[slot]];
        }
        return new FeatureValues(newIds, newNumbers);
    }
}
