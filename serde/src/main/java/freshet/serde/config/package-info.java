/**
 * The tree behind one configuration file and behind the specifications that travel inside a snapshot: read once at the
 * edge, on one thread, into records that check themselves.
 */
@NullMarked
package freshet.serde.config;

import org.jspecify.annotations.NullMarked;
