package dev.leat.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

    static Stream<Arguments> formatsAndOperations() {
        return Stream.concat(
                Stream.of("debezium", "cloudevents", "trigger", "trigger:old", "trigger:both")
                        .flatMap(format ->
                                Arrays.stream(Operation.values()).map(operation -> Arguments.of(format, operation))),
                Stream.of(
                        Arguments.of("debezium:event-router", Operation.MESSAGE),
                        Arguments.of("raw", Operation.MESSAGE)));
    }

    @ParameterizedTest
    @MethodSource("formatsAndOperations")
    void eachOperationHasTheFormOfItsGoldenFile(String format, Operation operation) throws Exception {
        byte[] shaped = ShapedEvents.shaper(format).shape(ShapedEvents.of(operation));

        String name = format.replace(':', '-') + "-" + operation.code() + ".json";
        assertThat(new String(shaped, UTF_8)).isEqualTo(golden(name));
        assertThat(ShapedEvents.parse(shaped)).isNotEmpty();
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
