package freshet.model.eval;

import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.wire.Decimals;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * A division of examples into a few named groups, each measured by itself: by the id of a sparse feature, or by the value of
 * a dense one. The groups are fixed by the configuration, so that metrics never grow with the data. Immutable.
 *
 * @param name of the division
 * @param idSlot slot of the sparse feature, or -1
 * @param values its ids, one group each; other ids are in the group before the last, {@code other}, and examples without one in
 *     the last, {@code missing}
 * @param numberSlot slot of the dense feature, or -1
 * @param edges ascending: group i holds values from {@code edges[i - 1]} on, up to but without {@code edges[i]}, as the feature
 *     stands in the example, after its transform
 * @param groups names of the groups
 */
public record CohortSpec(
        String name, int idSlot, List<String> values, int numberSlot, List<Float> edges, List<String> groups) {
    private static final int MOST_GROUPS = 32;

    public CohortSpec {
        values = List.copyOf(values);
        edges = List.copyOf(edges);
        groups = List.copyOf(groups);
    }

    /** Index in {@link #groups} of the group of an example; of several ids the first counts. */
    public int group(FeatureValues features) {
        if (idSlot >= 0) {
            String[] ids = features.ids()[idSlot];
            int found = ids.length == 0 ? values.size() + 1 : values.indexOf(ids[0]);
            return found < 0 ? values.size() : found;
        }
        float number = features.numbers()[numberSlot];
        int group = 0;
        while (group < edges.size() && number >= edges.get(group)) {
            group++;
        }
        return group;
    }

    /** Reads one element of {@code cohorts:}; mistakes are noted on the node. */
    static CohortSpec read(ConfigNode node, FeatureSchema schema) {
        String name = node.string("name");
        if (node.has("id") == node.has("number")) {
            node.problem("id", "found both or none of id and number, expected one: the feature to divide by");
        }
        CohortSpec cohort = node.has("id") ? byId(node, name, schema) : byNumber(node, name, schema);
        if (cohort.groups().size() > MOST_GROUPS) {
            node.problem("name", "found " + cohort.groups().size() + " groups, expected " + MOST_GROUPS + " at most");
        }
        if (new HashSet<>(cohort.groups()).size() < cohort.groups().size()) {
            node.problem("name", "found groups " + cohort.groups() + ", expected each name once");
        }
        return cohort;
    }

    private static CohortSpec byId(ConfigNode node, String name, FeatureSchema schema) {
        int slot = schema.idSlot(node.string("id"));
        if (slot < 0) {
            node.problem(
                    "id",
                    "found '" + node.string("id") + "', expected an id feature: "
                            + String.join(", ", schema.idNames()));
        }
        List<String> values = node.strings("values");
        if (values.isEmpty()) {
            node.problem("values", "found none, expected the ids to tell apart");
        }
        List<String> groups = new ArrayList<>(values);
        groups.add("other");
        groups.add("missing");
        return new CohortSpec(name, Math.max(0, slot), values, -1, List.of(), groups);
    }

    private static CohortSpec byNumber(ConfigNode node, String name, FeatureSchema schema) {
        String feature = node.string("number");
        int slot = schema.numberSlot(feature);
        if (slot < 0) {
            node.problem(
                    "number",
                    "found '" + feature + "', expected a number feature: " + String.join(", ", schema.numberNames()));
        }
        List<Float> edges = new ArrayList<>();
        for (String edge : node.strings("edges")) {
            try {
                edges.add(Float.parseFloat(edge));
            } catch (NumberFormatException e) {
                node.problem("edges", "found '" + edge + "', expected numbers");
            }
        }
        for (int i = 0; i < edges.size(); i++) {
            if (!(Float.isFinite(edges.get(i)) && (i == 0 || edges.get(i) > edges.get(i - 1)))) {
                node.problem("edges", "found " + node.strings("edges") + ", expected ascending numbers");
                break;
            }
        }
        if (edges.isEmpty()) {
            node.problem("edges", "found none, expected where groups begin");
        }
        List<String> groups = node.strings("groups");
        if (!groups.isEmpty() && groups.size() != edges.size() + 1) {
            node.problem(
                    "groups",
                    "found " + groups.size() + " names, expected " + (edges.size() + 1) + ": one more than edges");
        }
        if (groups.size() != edges.size() + 1) {
            groups = new ArrayList<>();
            groups.add("below_" + Decimals.text(edges.isEmpty() ? 0 : edges.get(0)));
            for (float edge : edges) {
                groups.add("from_" + Decimals.text(edge));
            }
        }
        return new CohortSpec(name, -1, List.of(), Math.max(0, slot), edges, groups);
    }
}
