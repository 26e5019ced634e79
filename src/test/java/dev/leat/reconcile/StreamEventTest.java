package dev.leat.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamEventTest {

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Images are the envelope's own bytes, whatever they hold: other numbers, other names, more of the same. */
    @Test
    void imagesAreTheBytesOfTheEnvelope() {
        String before = "{ \"a\" : 1.10e400,\n \"after\":{\"op\":\"t\"}, \"a\":\"\\u0000 } é\"}";
        String after = "{\"n\":" + "9".repeat(5_000) + ",\"" + "x".repeat(60_000) + "\":[[" + "[".repeat(2_000)
                + "]".repeat(2_000) + "]]}";
        StreamEvent event = StreamEvent.parse(
                bytes(
                        "{\"before\":" + before + " ,\"after\": " + after
                                + ",\"key\":{\"id\":[1]},\"source\":{\"name\":\"shop\",\"context\":{\"name\":\"no\",\"id\":4},\"db\":\"d\","
                                + "\"schema\":\"p\",\"table\":\"t\",\"txId\":9876543210,\"id\":218154321000042,\"partition_key\":\"p.t.é\"},\"op\":\"u\"}"));
        assertThat(event).isNotNull();
        if (event != null && event.before() != null && event.after() != null) {
            assertThat(new String(event.before(), StandardCharsets.UTF_8)).isEqualTo(before);
            assertThat(new String(event.after(), StandardCharsets.UTF_8)).isEqualTo(after);
            assertThat(event.sourceName()).isEqualTo("shop");
            assertThat(event.id()).isEqualTo(218154321000042L);
            assertThat(event.transaction()).isEqualTo(9876543210L);
            assertThat(event.partitionKey()).isEqualTo("p.t.é");
            assertThat(event.op()).isEqualTo("u");
        }
    }

    @Test
    void membersAreTheirOwnBytesOnOneLine() {
        byte[] row = bytes("{\"a\":1.50,\"b\":{\"c\":\n[1,\"x\"]},\"c\":null,\"d\":-0,\"e\":\"\\u00e9é\"}");
        assertThat(StreamEvent.members(row, List.of("e", "a", "b", "c", "d")))
                .isEqualTo("\"\\u00e9é\"\n1.50\n{\"c\": [1,\"x\"]}\nnull\n-0");
    }

    @Test
    void aSnapshotSeesWhatHadEnded() {
        TransactionSnapshot snapshot = TransactionSnapshot.parse("100:105:100,103");
        assertThat(List.of(99L, 101L, 102L, 104L)).allMatch(snapshot::sees);
        assertThat(List.of(100L, 103L, 105L, 106L)).noneMatch(snapshot::sees);
        assertThat(TransactionSnapshot.parse("7:7:").sees(6)).isTrue();
    }
}
