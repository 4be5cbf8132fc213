/**
 * From the records that a product already writes to our events: a path per field, constants, units, and conditions for records
 * to skip, as the configuration's {@code mapping} block says. Mappings are made once, are immutable, and are safe on any
 * thread; {@link freshet.serde.mapping.MappedWire} holds a decoder and is not.
 */
@NullMarked
package freshet.serde.mapping;

import org.jspecify.annotations.NullMarked;
