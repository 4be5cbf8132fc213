package freshet.jobs.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HotUsersTest {
    private static final long ONE_USER = new HotUser("u0", 0, new UserState()).heapBytes();

    private final Stored store = new Stored();

    @Test
    void whoFallsOutIsSavedFirstAndComesBackAsItWas() {
        HotUsers users = new HotUsers(3 * ONE_USER, user -> 7, store);
        for (int i = 0; i < 10; i++) {
            HotUser user = users.of("u" + i);
            user.dueMillis = 1000 * i;
            users.grown(user);
        }

        assertThat(users.size()).isEqualTo(3);
        assertThat(users.heapBytes()).isEqualTo(3 * ONE_USER);
        assertThat(store.bytes).hasSize(7);
        String gone = store.bytes.containsKey("u4") ? "u4" : "u5";
        HotUser back = users.of(gone);
        assertThat(back.dueMillis).isEqualTo(gone.equals("u4") ? 4000 : 5000);
        assertThat(back.alsoDueMillis).isEqualTo(DueUsers.NEVER);
        assertThat(back.keyGroup).isEqualTo(7);
    }

    @Test
    void aFlushSavesWhatHasChangedSinceTheLast() {
        HotUsers users = new HotUsers(100 * ONE_USER, user -> 0, store);
        users.changed(users.of("a"));
        users.changed(users.of("b"));
        users.of("only read");

        users.flush();
        assertThat(store.bytes.keySet()).containsExactlyInAnyOrder("a", "b");

        byte[] unchanged = store.bytes.get("a");
        byte[] changed = store.bytes.get("b");
        users.changed(users.of("b"));
        users.flush();
        assertThat(store.bytes.get("a")).isSameAs(unchanged);
        assertThat(store.bytes.get("b")).isNotSameAs(changed);
        assertThat(users.size()).isEqualTo(3);
        assertThat(users.loads()).isEqualTo(3);
        assertThat(users.saves()).isEqualTo(3);
        assertThat(users.storedUsers()).isEqualTo(2);
        assertThat(users.storedBytes()).isEqualTo(store.total);
    }

    @Test
    void whoeverStillHoldsOneWhoWasLetGoFindsTheUserAsItIsNow() {
        HotUsers users = new HotUsers(ONE_USER, user -> 0, store);
        HotUser first = users.of("first");
        users.grown(first);
        assertThat(users.current(first)).isSameAs(first);

        users.grown(users.of("second"));
        users.grown(users.of("third"));

        assertThat(first.isGone()).isTrue();
        assertThat(users.current(first)).isNotSameAs(first).isSameAs(users.of("first"));
    }

    @Test
    void oneUserMayBeLargerThanTheCache() {
        HotUsers users = new HotUsers(1, user -> 0, store);
        HotUser user = users.of("large");
        users.grown(user);

        assertThat(users.of("large")).isSameAs(user);
    }

    @Test
    void stateThatWaitsForATimerOfFlinkIsRefused() {
        store.save("old", new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0});
        HotUsers users = new HotUsers(1000, user -> 0, store);

        assertThatThrownBy(() -> users.of("old"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("found layout 1, expected 2")
                .hasMessageContaining("start without state");
    }

    private static final class Stored implements UserStore {
        private final Map<String, byte[]> bytes = new HashMap<>();
        /** Of each user's first saving. */
        private long total;

        @Override
        public byte @Nullable [] load(String userId) {
            return bytes.get(userId);
        }

        @Override
        public void save(String userId, byte[] saved) {
            total += bytes.put(userId, saved) == null ? saved.length : 0;
        }
    }
}
