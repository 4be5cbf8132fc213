/**
 * What people say to a running trainer, and what it answers: the records of the control topic. Layouts are in FORMAT.md of this
 * module. Used by the command line, which writes commands, and by trainers, which answer them. Immutable; safe on any thread.
 */
@NullMarked
package freshet.serde.control;

import org.jspecify.annotations.NullMarked;
