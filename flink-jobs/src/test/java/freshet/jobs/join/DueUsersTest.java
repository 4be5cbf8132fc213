package freshet.jobs.join;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DueUsersTest {
    private static final int KEY_GROUPS = 4;
    private static final int USERS = 20;

    /** Against a map of each user's moment, over random changes of mind, the passing of time, and restarts. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void everyUserIsDueAtItsMomentAndOnce(long seed) {
        Random random = new Random(seed);
        Map<String, HotUser> users = new HashMap<>();
        TreeMap<String, Long> expected = new TreeMap<>();
        DueUsers due = new DueUsers();
        long now = 0;
        for (int step = 0; step < 2_000; step++) {
            HotUser user = users.computeIfAbsent("u" + random.nextInt(USERS), DueUsersTest::user);
            long moment = random.nextInt(10) == 0 ? DueUsers.NEVER : now + 1 + random.nextInt(100);
            due.schedule(user, moment);
            expected.put(user.userId, moment);
            if (random.nextInt(3) == 0) {
                now += random.nextInt(20);
                assertThat(fired(due, users, now)).containsExactlyInAnyOrderElementsOf(pass(expected, now));
            }
            if (random.nextInt(50) == 0) {
                due = restored(due);
            }
        }
        assertThat(fired(due, users, Long.MAX_VALUE - 1))
                .containsExactlyInAnyOrderElementsOf(pass(expected, Long.MAX_VALUE - 1));
        assertThat(due.size()).isZero();
    }

    @Test
    void aUserWithAFarHorizonAndManyEventsBeforeItStandsThereOnce() {
        HotUser user = user("u");
        DueUsers due = new DueUsers();
        due.schedule(user, 1_000_000);
        for (int moment = 1; moment < 1_000; moment++) {
            due.schedule(user, moment);
            assertThat(due.take(moment)).containsExactly(user);
            assertThat(due.isDue(user, moment)).isTrue();
            due.schedule(user, 1_000_000);
        }
        assertThat(due.size()).isEqualTo(1);
    }

    private static HotUser user(String id) {
        return new HotUser(id, id.hashCode() % KEY_GROUPS, new UserState());
    }

    private static List<String> fired(DueUsers due, Map<String, HotUser> users, long now) {
        List<String> fired = new ArrayList<>();
        for (Long moment = due.earliest(now); moment != null; moment = due.earliest(now)) {
            for (HotUser listed : due.take(moment)) {
                // After a restart only the id is listed, as of one who was let go.
                HotUser user = users.getOrDefault(listed.userId, listed);
                if (due.isDue(user, moment)) {
                    fired.add(user.userId + " at " + moment);
                }
            }
        }
        return fired;
    }

    private static List<String> pass(TreeMap<String, Long> expected, long now) {
        List<String> passed = new ArrayList<>();
        expected.forEach((user, moment) -> {
            if (moment <= now) {
                passed.add(user + " at " + moment);
            }
        });
        expected.values().removeIf(moment -> moment <= now);
        return passed;
    }

    private static DueUsers restored(DueUsers due) {
        DueUsers restored = new DueUsers();
        byte[][] saved = due.save(0, KEY_GROUPS - 1);
        for (int keyGroup = 0; keyGroup < KEY_GROUPS; keyGroup++) {
            restored.restore(keyGroup, saved[keyGroup]);
        }
        assertThat(restored.size()).isEqualTo(due.size());
        return restored;
    }
}
