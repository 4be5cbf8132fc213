package freshet.jobs.type;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.StringValue;
import org.jspecify.annotations.Nullable;

/** The fields that layouts are made of, as pairs of a writer and its reader. */
public final class Fields {
    private Fields() {}

    /** Text of any length, 1 to 3 bytes per char; one byte where it is absent. */
    public static void writeText(@Nullable String text, DataOutputView out) throws IOException {
        StringValue.writeString(text, out);
    }

    /** Text that is always there. */
    public static String readText(DataInputView in) throws IOException {
        String text = readOptionalText(in);
        if (text == null) {
            throw new IOException(
                    "reading a value: found absent text, expected text; the bytes are not of this layout");
        }
        return text;
    }

    /** Text that may be absent. */
    public static @Nullable String readOptionalText(DataInputView in) throws IOException {
        return StringValue.readString(in);
    }

    /** A whole number from 0, one byte below 128. */
    public static void writeCount(int count, DataOutputView out) throws IOException {
        int rest = count;
        while ((rest & ~0x7F) != 0) {
            out.writeByte((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    public static int readCount(DataInputView in) throws IOException {
        int count = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte part = in.readByte();
            count |= (part & 0x7F) << shift;
            if (part >= 0) {
                return count;
            }
        }
        throw new IOException(
                "reading a value: found a count of more than five bytes; the bytes are not of this layout");
    }

    /** A count, then the bytes. */
    public static void writeBytes(byte[] bytes, DataOutputView out) throws IOException {
        writeCount(bytes.length, out);
        out.write(bytes);
    }

    public static byte[] readBytes(DataInputView in) throws IOException {
        byte[] bytes = new byte[readCount(in)];
        in.readFully(bytes);
        return bytes;
    }

    /** A count, then the texts. */
    public static void writeTexts(List<String> texts, DataOutputView out) throws IOException {
        writeCount(texts.size(), out);
        for (String text : texts) {
            writeText(text, out);
        }
    }

    public static List<String> readTexts(DataInputView in) throws IOException {
        int count = readCount(in);
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(readText(in));
        }
        return texts;
    }
}
