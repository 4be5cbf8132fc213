/**
 * What {@code freshet doctor} asks and how it judges the answers. Facts are plain records; judges are pure functions of them; {@code
 * BrokerQuestions}, {@code MachineQuestions} and {@link freshet.jobs.doctor.Doctor} fetch facts, each question with a time-out. For the
 * command line; one thread.
 */
@NullMarked
package freshet.jobs.doctor;

import org.jspecify.annotations.NullMarked;
