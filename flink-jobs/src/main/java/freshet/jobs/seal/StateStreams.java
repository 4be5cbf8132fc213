package freshet.jobs.seal;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.AbstractChannelStateHandle;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyGroupsStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StateObject;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;

/**
 * The files that a checkpoint names, in the order in which it does.
 *
 * @param plain those without any checksum of their own: operators' state, keyed state that is not RocksDB's, and RocksDB's lists
 * @param tables RocksDB's databases, one for each subtask with keyed state; their tables have checksums
 * @param unknown kinds of state whose files are not known here
 */
record StateStreams(
        List<StreamStateHandle> plain, List<IncrementalRemoteKeyedStateHandle> tables, SortedSet<String> unknown) {

    static StateStreams of(CheckpointMetadata metadata) {
        StateStreams streams = new StateStreams(new ArrayList<>(), new ArrayList<>(), new TreeSet<>());
        for (OperatorState operator : metadata.getOperatorStates()) {
            for (OperatorSubtaskState subtask : operator.getStates()) {
                subtask.getDiscardables().forEach(streams::add);
            }
        }
        return streams;
    }

    private void add(StateObject state) {
        if (state instanceof OperatorStateHandle operator) {
            add(operator.getDelegateStateHandle());
        } else if (state instanceof KeyGroupsStateHandle keyed) {
            add(keyed.getDelegateStateHandle());
        } else if (state instanceof AbstractChannelStateHandle<?> channel) {
            add(channel.getDelegate());
        } else if (state instanceof IncrementalRemoteKeyedStateHandle incremental) {
            tables.add(incremental);
            add(incremental.getMetaDataStateHandle());
            incremental.getPrivateState().stream()
                    .map(HandleAndLocalPath::getHandle)
                    .forEach(this::add);
        } else if (!(state instanceof StreamStateHandle file)) {
            unknown.add(state.getClass().getSimpleName());
        } else if (!(state instanceof ByteStreamStateHandle)) { // which lies in the metadata itself
            plain.add(file);
        }
    }
}
