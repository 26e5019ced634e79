package dev.leat.shape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Event;
import dev.leat.Operation;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.debezium.DebeziumJsonDeserializationSchema;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;

/** Reads the format {@code debezium} by Flink's {@code debezium-json}, which makes a changelog of it. */
final class FlinkConsumerTest {

    private static final DataType ORDERS = DataTypes.ROW(
                    DataTypes.FIELD("id", DataTypes.BIGINT()), DataTypes.FIELD("name", DataTypes.STRING()))
            .notNull();

    @Test
    void itReadsEachOperationOnRows() throws Exception {
        assertThat(read(ShapedEvents.of(Operation.CREATE))).containsExactly("+I 42 new \uD83D\uDE80");
        assertThat(read(ShapedEvents.of(Operation.READ))).containsExactly("+I 42 new \uD83D\uDE80");
        assertThat(read(ShapedEvents.of(Operation.UPDATE))).containsExactly("-U 42 old", "+U 42 new \uD83D\uDE80");
        assertThat(read(ShapedEvents.of(Operation.DELETE))).containsExactly("-D 42 old");
        assertThat(read(ShapedEvents.of(Operation.CREATE).asReplay())).containsExactly("+I 42 new \uD83D\uDE80");
    }

    /** It needs the whole old row, as it does from Debezium. */
    @Test
    void withoutOldImagesItRefusesAnUpdate() {
        Event.Row row = new Event.Row("{\"id\":42}", null, "{\"id\":42,\"name\":\"new\"}");
        Event.Subject orders = new Event.Subject("public", "orders", null);
        assertThatThrownBy(() -> read(ShapedEvents.event(Operation.UPDATE, orders, row, null)))
                .hasStackTraceContaining("REPLICA IDENTITY");
    }

    private static List<String> read(Event event) throws Exception {
        DebeziumJsonDeserializationSchema schema = new DebeziumJsonDeserializationSchema(
                ORDERS, List.of(), TypeInformation.of(RowData.class), false, false, TimestampFormat.ISO_8601);
        schema.open(null);
        List<String> rows = new ArrayList<>();
        schema.deserialize(ShapedEvents.shaper("debezium").shape(event), new Rows(rows));
        return rows;
    }

    private record Rows(List<String> rows) implements Collector<RowData> {
        @Override
        public void collect(RowData row) {
            rows.add(row.getRowKind().shortString() + " " + row.getLong(0) + " " + row.getString(1));
        }

        @Override
        public void close() {}
    }
}
