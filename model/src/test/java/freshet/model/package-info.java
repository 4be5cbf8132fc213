/** What the tests of several packages share. */
@NullMarked
package freshet.model;

import org.jspecify.annotations.NullMarked;
