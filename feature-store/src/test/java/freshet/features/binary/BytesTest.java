package freshet.features.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BytesTest {

    @Test
    void numbersComeBackAsTheyWere() {
        long[] numbers = {0, 1, 127, 128, 300, Long.MAX_VALUE, -1, Long.MIN_VALUE};
        ByteWriter out = new ByteWriter(0);
        for (long number : numbers) {
            out.writeVarLong(number);
            out.writeSignedVarLong(number);
            out.writeFixedLong(number);
            out.writeDouble(number / 3.0);
            out.writeFloat(number / 3f);
        }
        ByteReader in = new ByteReader("a test", out.toByteArray());
        for (long number : numbers) {
            assertThat(in.readVarLong()).isEqualTo(number);
            assertThat(in.readSignedVarLong()).isEqualTo(number);
            assertThat(in.readFixedLong()).isEqualTo(number);
            assertThat(in.readDouble()).isEqualTo(number / 3.0);
            assertThat(in.readFloat()).isEqualTo(number / 3f);
        }
        in.end();
    }

    @Test
    void anyTextComesBackAsItWas() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 500; round++) {
            int bits = random.nextInt(1, 17);
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(40); i > 0; i--) {
                text.append((char) random.nextInt(1 << bits));
            }
            ByteWriter out = new ByteWriter();
            out.writeText(text.toString());
            ByteReader in = new ByteReader("a test", out.toByteArray());
            assertThat(in.readText()).isEqualTo(text.toString());
            in.end();
        }
    }

    /** Stored in every user's state: these may never change. */
    @Test
    void bytesAreThoseOfTheFirstRelease() {
        ByteWriter out = new ByteWriter();
        out.writeByte(1);
        out.writeVarLong(300);
        out.writeSignedVarLong(-2);
        out.writeFixedLong(0x0102030405060708L);
        out.writeFloat(1.5f);
        out.writeText("a\u00fc\u8f38");
        out.writeBlock(new byte[] {9});
        assertThat(HexFormat.of().formatHex(out.toByteArray()))
                .isEqualTo("01" + "ac02" + "03" + "0807060504030201" + "0000c03f" + "0661c3bce8bcb8" + "0109");
        assertThat(IdFingerprint.of("")).isEqualTo(0xefd01f60ba992926L);
        assertThat(IdFingerprint.of("video-1"))
                .isEqualTo(IdFingerprint.of("video-1"))
                .isNotEqualTo(IdFingerprint.of("video-2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "05", "8080808080808080808080"})
    void damagedBytesAreNamed(String hex) {
        ByteReader in = new ByteReader("the thing", HexFormat.of().parseHex(hex));
        assertThatThrownBy(in::readText)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("reading the thing")
                .hasMessageContaining("found");
    }

    @Test
    void newerVersionsAreRefused() {
        assertThatThrownBy(() -> new ByteReader("the thing", new byte[] {3}).readVersion(2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("found version 3, expected 1 to 2");
    }
}
