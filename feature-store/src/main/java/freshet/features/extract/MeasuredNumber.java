package freshet.features.extract;

import freshet.features.history.ScopeIds;
import freshet.features.history.UserHistory;
import freshet.features.spec.IdField;
import freshet.features.spec.Measure;
import freshet.serde.event.Impression;
import org.jspecify.annotations.Nullable;

/** A measure as a function of an impression and the history before it. Pure. */
interface MeasuredNumber {
    double MISSING = Double.NaN;
    double MILLIS_PER_SECOND = 1000;
    double MILLIS_PER_HOUR = 3_600_000;

    /** The number; {@link #MISSING} where there is none. */
    double of(Impression impression, UserHistory history);

    /** The function of a measure. */
    static MeasuredNumber of(Measure measure) {
        if (measure instanceof Measure.Field field) {
            return (impression, history) -> {
                Float value = impression.numbers().get(field.number());
                return value == null ? MISSING : value;
            };
        }
        if (measure instanceof Measure.TimeSinceLast last) {
            return timeSince(last);
        }
        if (measure instanceof Measure.PreviousImpressions impressions) {
            return previousImpressions(impressions.scope().field());
        }
        if (measure instanceof Measure.ImpressionsSince since) {
            return (impression, history) -> {
                long count = history.impressionsSince(since.of());
                return count < 0 ? MISSING : count;
            };
        }
        if (measure instanceof Measure.DecayedImpressions impressions) {
            return decayedImpressions(impressions);
        }
        if (measure instanceof Measure.OfView view) {
            String number = ViewExtractor.numberOf(view);
            return (impression, history) -> {
                Float value = impression.numbers().get(number);
                return value == null ? MISSING : value;
            };
        }
        if (measure instanceof Measure.VideoDuration) {
            return (impression, history) -> impression.videoDurationMillis() <= 0
                    ? MISSING
                    : impression.videoDurationMillis() / MILLIS_PER_SECOND;
        }
        if (measure instanceof Measure.Rate rate) {
            return rate(rate);
        }
        return (impression, history) -> impression.videoPublishedAtMillis() <= 0
                ? MISSING
                : Math.max(0, impression.eventTimeMillis() - impression.videoPublishedAtMillis()) / MILLIS_PER_HOUR;
    }

    private static MeasuredNumber timeSince(Measure.TimeSinceLast last) {
        IdField field = last.scope().field();
        if (field == null) {
            return (impression, history) -> secondsSince(history.lastMillis(last.of()), impression, last.ttlMillis());
        }
        String scope = field.name();
        return (impression, history) -> {
            long newest = UserHistory.NEVER;
            for (int i = ids(field, impression) - 1; i >= 0; i--) {
                newest = Math.max(newest, history.lastMillisOf(scope, field.id(impression, i), last.of()));
            }
            return secondsSince(newest, impression, last.ttlMillis());
        };
    }

    private static MeasuredNumber previousImpressions(@Nullable IdField field) {
        if (field == null) {
            return (impression, history) -> history.impressions();
        }
        String scope = field.name();
        return (impression, history) -> {
            double most = MISSING;
            for (int i = ids(field, impression) - 1; i >= 0; i--) {
                double count = history.impressionsOf(scope, field.id(impression, i));
                most = most >= count ? most : count;
            }
            return most;
        };
    }

    private static MeasuredNumber rate(Measure.Rate rate) {
        long halfLife = rate.halfLifeMillis();
        IdField field = rate.scope().field();
        if (field == null) {
            return (impression, history) -> {
                long asOf = impression.eventTimeMillis();
                double felt = history.decayedFeedback(rate.of(), halfLife, asOf);
                return share(rate, felt, history.decayedImpressions(rate.of(), halfLife, asOf));
            };
        }
        String scope = field.name();
        return (impression, history) -> {
            long asOf = impression.eventTimeMillis();
            double felt = 0;
            double shown = 0;
            for (int i = 0; i < ids(field, impression); i++) {
                String id = field.id(impression, i);
                felt += history.decayedFeedbackOf(scope, id, rate.of(), halfLife, asOf);
                shown += history.decayedImpressionsOf(scope, id, halfLife, asOf);
            }
            return share(rate, felt, shown);
        };
    }

    private static MeasuredNumber decayedImpressions(Measure.DecayedImpressions impressions) {
        long halfLife = impressions.halfLifeMillis();
        IdField field = impressions.scope().field();
        if (field == null) {
            return (impression, history) ->
                    history.decayedImpressions(UserHistory.SHOWN, halfLife, impression.eventTimeMillis());
        }
        String scope = field.name();
        return (impression, history) -> {
            double shown = ids(field, impression) == 0 ? MISSING : 0;
            for (int i = 0; i < ids(field, impression); i++) {
                shown += history.decayedImpressionsOf(
                        scope, field.id(impression, i), halfLife, impression.eventTimeMillis());
            }
            return shown;
        };
    }

    private static double share(Measure.Rate rate, double felt, double shown) {
        return Math.min(1, (felt + rate.prior() * rate.strength()) / (shown + rate.strength()));
    }

    /** How many of an impression's ids count. */
    private static int ids(IdField field, Impression impression) {
        return Math.min(field.count(impression), ScopeIds.MAX_IDS);
    }

    private static double secondsSince(long timeMillis, Impression impression, long ttlMillis) {
        long since = timeMillis == UserHistory.NEVER ? Long.MAX_VALUE : impression.eventTimeMillis() - timeMillis;
        return timeMillis == UserHistory.NEVER || since > ttlMillis ? MISSING : since / MILLIS_PER_SECOND;
    }
}
