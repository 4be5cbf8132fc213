package freshet.model.optim;

/**
 * What all updates of one step have in common.
 *
 * @param scale gradients are multiplied by this first
 * @param rateFactor multiplies the learning rate
 * @param step number of the step, from 1
 * @param eventTimeMillis the newest decided time of the step's examples
 */
public record UpdateMoment(float scale, float rateFactor, long step, long eventTimeMillis) {}
