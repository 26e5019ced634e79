package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.StreamRecord;
import dev.leat.consume.Unpacker;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class JsonLinesAggregateTest {

    @Test
    void everyEventIsALineAndALineBreakBetweenTokensBecomesASpace() {
        JsonLinesAggregate pack = new JsonLinesAggregate(LaneSlot.of(5), 1 << 20);
        assertThat(pack.add(record("{\"a\" :\n 1,\r\n\"b\":\"x\\ny\"}"), 1)).isTrue();
        assertThat(pack.add(record("{\"ö\":2}"), 1)).isTrue();

        String text = new String(pack.data(), StandardCharsets.UTF_8);

        assertThat(text).isEqualTo("{\"a\" :  1,  \"b\":\"x\\ny\"}\n{\"ö\":2}\n");
        assertThat(pack.bytes()).isEqualTo(pack.data().length + "lane-5".length());
        assertThat(Unpacker.unpack(pack.data()))
                .extracting(line -> new String(line, StandardCharsets.UTF_8))
                .containsExactly("{\"a\" :  1,  \"b\":\"x\\ny\"}", "{\"ö\":2}");
    }

    @Test
    void aRecordIsFilledUpToItsLimitAndNotBeyond() {
        JsonLinesAggregate pack = new JsonLinesAggregate(LaneSlot.of(5), 1_024);
        int events = 0;
        while (pack.add(record("x".repeat(99)), 1)) {
            events++;
        }

        assertThat(events).isEqualTo((1_024 - "lane-5".length()) / 100);
        assertThat(pack.events()).isEqualTo(events);
    }

    private static StreamRecord record(String json) {
        return new StreamRecord(Records.record(1, "a").event(), Records.STREAM, json.getBytes(StandardCharsets.UTF_8));
    }
}
