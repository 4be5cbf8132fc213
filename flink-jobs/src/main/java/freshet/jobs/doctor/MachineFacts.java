package freshet.jobs.doctor;

import java.util.Optional;

/**
 * What there is to know of this process and the machine below it.
 *
 * @param javaFeature version, such as 17
 * @param javaText version as its maker writes it
 * @param hasVectorModule whether this JDK has {@code jdk.incubator.vector}
 * @param heapBytes most that this process may use
 * @param memoryBytes of the machine or the container
 * @param hugePages the kernel's word on transparent huge pages; empty where there is none
 */
record MachineFacts(
        int javaFeature,
        String javaText,
        boolean hasVectorModule,
        long heapBytes,
        long memoryBytes,
        Optional<String> hugePages) {}
