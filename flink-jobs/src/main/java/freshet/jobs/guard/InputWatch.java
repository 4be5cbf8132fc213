package freshet.jobs.guard;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Whether one dense feature is there: not 0, which is also how a missing one is written. Only a feature that was practically always
 * there is judged; one that is 0 in some hours (a flag, a count) never is. Not thread-safe.
 */
final class InputWatch {
    private static final double ALWAYS = 0.95;

    private final RateWatch presence;
    /** It was not always there at some time: what it lacks now may be its nature. */
    private boolean comesAndGoes;

    InputWatch(GuardSpec spec) {
        presence = new RateWatch(spec.rateFloor());
    }

    void add(long examples, long present) {
        presence.add(examples, present);
    }

    Health health() {
        return comesAndGoes || presence.baselineRate() < ALWAYS ? Health.UNKNOWN : presence.health();
    }

    void learnWindow(double decay) {
        comesAndGoes |= presence.isJudged() && presence.baselineRate() < ALWAYS;
        presence.learnWindow(decay);
    }

    void clearWindow() {
        presence.clearWindow();
    }

    void forget() {
        presence.forget();
        comesAndGoes = false;
    }

    String words() {
        return "present in " + presence.words();
    }

    void save(DataOutput out) throws IOException {
        presence.save(out);
        out.writeBoolean(comesAndGoes);
    }

    void restore(DataInput in) throws IOException {
        presence.restore(in);
        comesAndGoes = in.readBoolean();
    }
}
