package dev.leat.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper.Unshapeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each format has a file for each operation. They are compared as text: the order of fields and the white space are what consumers see. */
final class GoldenFilesTest {

    private static final String DMS_WITH_ALL = "dms:json-unformatted:partition-value:partition-include-schema-table"
            + ":transaction-details:before-image=before-image:key=primary-key";

    static Stream<Arguments> formatsAndOperations() {
        return Stream.concat(
                Stream.of("debezium", "cloudevents", "trigger", "trigger:old", "trigger:both")
                        .flatMap(format ->
                                Arrays.stream(Operation.values()).map(operation -> Arguments.of(format, operation))),
                Stream.of(
                        Arguments.of("dms", Operation.CREATE),
                        Arguments.of("dms", Operation.READ),
                        Arguments.of("dms", Operation.UPDATE),
                        Arguments.of("dms", Operation.DELETE),
                        Arguments.of("dms", Operation.TRUNCATE),
                        Arguments.of(DMS_WITH_ALL, Operation.CREATE),
                        Arguments.of(DMS_WITH_ALL, Operation.READ),
                        Arguments.of(DMS_WITH_ALL, Operation.UPDATE),
                        Arguments.of(DMS_WITH_ALL, Operation.DELETE),
                        Arguments.of(DMS_WITH_ALL, Operation.TRUNCATE),
                        Arguments.of("debezium:event-router", Operation.MESSAGE),
                        Arguments.of("raw", Operation.MESSAGE)));
    }

    @ParameterizedTest
    @MethodSource("formatsAndOperations")
    void eachOperationHasTheFormOfItsGoldenFile(String format, Operation operation) throws Exception {
        Event event = ShapedEvents.of(operation);
        byte[] shaped = format.startsWith("dms")
                ? ShapedEvents.shaper("debezium").shape(ShapedEvents.inFormat(event, format))
                : ShapedEvents.shaper(format).shape(event);

        String name =
                (format.equals(DMS_WITH_ALL) ? "dms-all" : format.replace(':', '-')) + "-" + operation.code() + ".json";
        String golden = golden(name);
        assertThat(new String(shaped, UTF_8)).isEqualTo(format.equals(DMS_WITH_ALL) ? golden + "\n" : golden);
        assertThat(ShapedEvents.parse(shaped)).isNotEmpty();
    }

    @Test
    void aDomainEventHasNoFormOfDms() {
        Event event = ShapedEvents.inFormat(ShapedEvents.of(Operation.MESSAGE), "dms");
        assertThatThrownBy(() -> ShapedEvents.shaper("debezium").shape(event))
                .isInstanceOf(Unshapeable.class)
                .hasMessageContaining("this is a domain event");
    }

    /** Each is a name or a value with what would look like the end of it. */
    @Test
    void theIndentedFormDoesNotBreakWhatStandsInQuotes() throws Exception {
        String image = "{\"a,b\":\"x\\\"y,z:{}\\\\\",\"c:d\":\"\",\"e\":-1.5e+300,\"\uD83D\uDE80\":null}";
        Event event = ShapedEvents.inFormat(
                ShapedEvents.event(
                        Operation.CREATE,
                        new Event.Subject("public", "orders", null),
                        new Event.Row("{\"id\":1}", null, image),
                        null),
                "dms");
        byte[] shaped = ShapedEvents.shaper("debezium").shape(event);
        assertThat(ShapedEvents.parse(shaped))
                .containsEntry("data.a,b", "x\"y,z:{}\\")
                .containsEntry("data.c:d", "")
                .containsEntry("data.\uD83D\uDE80", "null");
        assertThat(new String(shaped, UTF_8))
                .startsWith("{\n\t\"data\":\t{\n\t\t\"a,b\":\t\"x\\\"y,z:{}\\\\\",\n\t\t\"c:d\":\t");
    }

    /** Attributes of a mapping may be objects, whatever their depth. */
    @Test
    void theIndentedFormHasATabForEachLevel() throws Exception {
        String image = "{\"_doc\":{\"id\":1},\"a\":{\"b\":{\"c\":{\"d\":\"x}\",\"e\":{}}}},\"f\":2}";
        Event event = ShapedEvents.inFormat(
                ShapedEvents.event(
                        Operation.CREATE,
                        new Event.Subject("public", "orders", null),
                        new Event.Row("{\"id\":1}", null, image),
                        null),
                "dms");
        byte[] shaped = ShapedEvents.shaper("debezium").shape(event);
        assertThat(new String(shaped, UTF_8))
                .startsWith(
                        "{\n\t\"data\":\t{\n\t\t\"_doc\":\t{\n\t\t\t\"id\":\t1\n\t\t},\n\t\t\"a\":\t{\n\t\t\t\"b\":\t{"
                                + "\n\t\t\t\t\"c\":\t{\n\t\t\t\t\t\"d\":\t\"x}\",\n\t\t\t\t\t\"e\":\t{\n\t\t\t\t\t}\n\t\t\t\t}\n\t\t\t}\n\t\t},"
                                + "\n\t\t\"f\":\t2\n\t},\n\t\"metadata\"");
        assertThat(ShapedEvents.parse(shaped)).containsEntry("data.a.b.c.d", "x}");
    }

    @Test
    void aKeyMayHaveManyDigits() throws Exception {
        String digits = "7".repeat(100_000);
        Event event = ShapedEvents.inFormat(
                ShapedEvents.event(
                        Operation.DELETE,
                        new Event.Subject("public", "orders", null),
                        new Event.Row("{\"id\":" + digits + "}", "{}", null),
                        null),
                "dms:json-unformatted:partition-value:key=primary-key");
        assertThat(new String(ShapedEvents.shaper("debezium").shape(event), UTF_8))
                .contains("\"partition-key-value\":\"" + digits + "\"");
    }

    @Test
    void rowsOfATableHaveNoRawForm() {
        assertThatThrownBy(() -> ShapedEvents.shaper("raw").shape(ShapedEvents.of(Operation.UPDATE)))
                .isInstanceOf(Unshapeable.class)
                .hasMessageContaining("leat attach --format");
    }

    private static String golden(String file) throws IOException {
        try (InputStream in = GoldenFilesTest.class.getResourceAsStream(file)) {
            assertThat(in).as("golden file %s", file).isNotNull();
            return new String(in.readAllBytes(), UTF_8).strip();
        }
    }
}
