package freshet.features.history;

import freshet.serde.event.Impression;

/** The ids of an impression that a history counts by: its channel, its video, its topics. Equal where they are the same field. */
public interface ScopeIds {
    /** Of an impression that names more ids, the first so many count. */
    int MAX_IDS = 8;

    /** The field's name; part of stored histories. */
    String name();

    /** How many ids an impression has of it. */
    int count(Impression impression);

    /** One of them, from 0. */
    String id(Impression impression, int index);
}
