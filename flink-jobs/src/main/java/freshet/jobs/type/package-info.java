/**
 * How our values travel between Flink's tasks and rest in its state: one hand-written, versioned serializer per type, so
 * that nothing falls back to Kryo and a savepoint of today can be read tomorrow. Serializers are stateless and safe on any
 * thread. Called by Flink; jobs name the types through {@link freshet.jobs.type.FreshetTypes}.
 */
@NullMarked
package freshet.jobs.type;

import org.jspecify.annotations.NullMarked;
