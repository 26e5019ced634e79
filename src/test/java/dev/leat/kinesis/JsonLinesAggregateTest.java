package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.consume.Unpacker;
import dev.leat.pipeline.StreamRecord;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class JsonLinesAggregateTest {

    @Test
    void everyEventIsALineAndALineBreakBetweenTokensBecomesASpace() {
        JsonLinesAggregate aggregate = new JsonLinesAggregate(RequestEntry.LaneKey.of(5), 1 << 20);
        assertThat(aggregate.add(record("{\"a\" :\n 1,\r\n\"b\":\"x\\ny\"}"), 1))
                .isTrue();
        assertThat(aggregate.add(record("{\"ö\":2}"), 1)).isTrue();

        String text = new String(aggregate.data(), StandardCharsets.UTF_8);

        assertThat(text).isEqualTo("{\"a\" :  1,  \"b\":\"x\\ny\"}\n{\"ö\":2}\n");
        assertThat(aggregate.bytes()).isEqualTo(aggregate.data().length + "lane-5".length());
        assertThat(Unpacker.unpack(aggregate.data()))
                .extracting(line -> new String(line, StandardCharsets.UTF_8))
                .containsExactly("{\"a\" :  1,  \"b\":\"x\\ny\"}", "{\"ö\":2}");
    }

    @Test
    void aRecordIsFilledUpToItsLimitAndNotBeyond() {
        JsonLinesAggregate aggregate = new JsonLinesAggregate(RequestEntry.LaneKey.of(5), 1_024);
        int events = 0;
        while (aggregate.add(record("x".repeat(99)), 1)) {
            events++;
        }

        assertThat(events).isEqualTo((1_024 - "lane-5".length()) / 100);
        assertThat(aggregate.events()).isEqualTo(events);
    }

    private static StreamRecord record(String json) {
        return new StreamRecord(Records.record(1, "a").event(), Records.STREAM, json.getBytes(StandardCharsets.UTF_8));
    }
}
