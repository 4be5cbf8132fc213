package freshet.jobs.train;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** The pieces of which saved state is made: versions and blocks of bytes with their length before them. */
final class SavedState {
    private SavedState() {}

    /** Reads a version byte. */
    static void expectVersion(String what, byte expected, DataInputStream in) throws IOException {
        byte found = in.readByte();
        if (found != expected) {
            throw new IOException("restoring the " + what + ": found version " + found + ", expected " + expected
                    + "; the state was written by another release of Freshet, restore it with that one");
        }
    }

    static void writeBlock(DataOutputStream out, byte[] block) throws IOException {
        out.writeInt(block.length);
        out.write(block);
    }

    static byte[] readBlock(DataInputStream in) throws IOException {
        return in.readNBytes(in.readInt());
    }
}
