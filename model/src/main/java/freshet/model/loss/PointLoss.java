package freshet.model.loss;

import freshet.model.math.StableMath;
import freshet.model.spec.LossKind;
import freshet.model.spec.TaskSpec;

/** The loss of one logit against one label, its slope, and the prediction behind the logit. Immutable; safe on any thread. */
sealed interface PointLoss {

    /** The loss; finite for finite arguments. */
    double value(float logit, float label);

    /** Its derivative by the logit. */
    float slope(float logit, float label);

    float prediction(float logit);

    static PointLoss of(TaskSpec task) {
        LossKind kind = task.loss();
        return switch (kind) {
            case LOGISTIC -> new Logistic();
            case WEIGHTED_LOGISTIC -> new WeightedLogistic();
            case UNBIASED_WEIGHTED_LOGISTIC -> new UnbiasedWeightedLogistic();
            case SQUARED -> new Squared();
            case HUBER -> new Huber(task.huberDelta());
        };
    }

    /** Cross entropy of a label in [0, 1]. */
    record Logistic() implements PointLoss {
        @Override
        public double value(float logit, float label) {
            return StableMath.softplus(logit) - (double) label * logit;
        }

        @Override
        public float slope(float logit, float label) {
            return prediction(logit) - label;
        }

        @Override
        public float prediction(float logit) {
            return StableMath.sigmoid(logit);
        }
    }

    /** Covington et al. 2016, section 4.2: a label t > 0 is a positive of weight t, 0 a negative of weight 1. */
    record WeightedLogistic() implements PointLoss {
        @Override
        public double value(float logit, float label) {
            return label > 0 ? label * StableMath.softplus(-logit) : StableMath.softplus(logit);
        }

        @Override
        public float slope(float logit, float label) {
            return label > 0 ? -label * StableMath.sigmoid(-logit) : StableMath.sigmoid(logit);
        }

        @Override
        public float prediction(float logit) {
            return StableMath.exp(logit);
        }
    }

    /** As {@link WeightedLogistic}, and every label also a negative of weight 1. */
    record UnbiasedWeightedLogistic() implements PointLoss {
        @Override
        public double value(float logit, float label) {
            return Math.max(label, 0f) * StableMath.softplus(-logit) + StableMath.softplus(logit);
        }

        @Override
        public float slope(float logit, float label) {
            return StableMath.sigmoid(logit) - Math.max(label, 0f) * StableMath.sigmoid(-logit);
        }

        @Override
        public float prediction(float logit) {
            return StableMath.exp(logit);
        }
    }

    /** Half the squared difference. */
    record Squared() implements PointLoss {
        @Override
        public double value(float logit, float label) {
            double difference = (double) logit - label;
            return 0.5 * difference * difference;
        }

        @Override
        public float slope(float logit, float label) {
            return logit - label;
        }

        @Override
        public float prediction(float logit) {
            return logit;
        }
    }

    /** Half the squared difference d up to delta, beyond it delta (|d| - delta / 2). */
    record Huber(float delta) implements PointLoss {
        @Override
        public double value(float logit, float label) {
            double size = Math.abs((double) logit - label);
            return size <= delta ? 0.5 * size * size : delta * (size - 0.5 * delta);
        }

        @Override
        public float slope(float logit, float label) {
            return Math.max(-delta, Math.min(delta, logit - label));
        }

        @Override
        public float prediction(float logit) {
            return logit;
        }
    }
}
