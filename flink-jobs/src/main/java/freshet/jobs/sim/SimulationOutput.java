package freshet.jobs.sim;

import freshet.serde.event.Event;

/** Takes what a simulation yields. Called on the simulator's thread. */
public interface SimulationOutput {

    /**
     * An event arrives at the product's log. Called in order of arrival, which is not that of event time.
     *
     * @param arrivalMillis when, event time clock
     */
    void arrives(Event event, long arrivalMillis);

    /** What really governed an impression; called when it happens, so before it arrives. */
    void truth(Truth truth);
}
