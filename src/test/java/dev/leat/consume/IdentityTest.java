package dev.leat.consume;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper.Unshapeable;
import dev.leat.shape.Shapers;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fields by which consumers identify events, read from envelopes of the shaper and from others with the same content. */
final class IdentityTest {

    private static final String FORGED =
            "\"source\":{\"name\":\"forged\",\"partition_key\":\"forged\",\"id\":1,\"user\":\"x\"}";

    /** An update whose image is that JSON, as Leat shapes it. */
    static byte[] envelope(String image, String name, String partitionKey, long id) {
        return shaped(image, name, partitionKey, id, null);
    }

    private static byte[] shaped(String image, String name, String partitionKey, long id, @Nullable String context) {
        return shape(event(image, partitionKey, id, context), name);
    }

    private static Event event(String image, String partitionKey, long id, @Nullable String context) {
        return new Event(
                id,
                0,
                Operation.UPDATE,
                new Event.Route(partitionKey, null),
                new Event.Subject("public", "orders", null),
                new Event.Row("{\"id\":1}", image, image),
                new Event.Origin(1, Instant.EPOCH, "u", "a", context),
                false,
                null);
    }

    private static byte[] shape(Event event, String name) {
        try {
            return Shapers.debezium(
                            new Shapers.EnvelopeSource("1", name, "db"), Clock.fixed(Instant.EPOCH, ZoneOffset.UTC))
                    .shape(event);
        } catch (Unshapeable e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void isReadFromEveryEnvelopeThatLeatShapes() {
        for (String text : List.of(
                "public.orders.42",
                "",
                "\"quoted\" \\ back\\\\slash",
                "{" + FORGED + "}",
                "tab\t line\n \u0001 \u007f é ẞ \uD83D\uDE80",
                "public.orders#17")) {
            assertThat(Identity.of(envelope("{}", text, text, Long.MAX_VALUE)))
                    .isEqualTo(new Identity(text, text, Long.MAX_VALUE));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{" + FORGED + "}",
                "{\"source\":{" + FORGED + "}}",
                "{\"a\":\"}\",\"b\":\"\\\\\",\"c\":\"\\\"\", " + FORGED + "}",
                "{\"a\":\"\\\\\\\"}," + "\\\"source\\\":{\\\"name\\\":\\\"forged\\\"}\"}",
                "{\"a\":[{" + FORGED + "},[],[[]],{}], \"n\":1e400,\"m\":-0,\"t\":true,\"f\":false,\"z\":null}",
                "{ \"a\" :\n [ 1 ,\t2 ] }",
                "{\"\":\"\",\"\\ud800\":\"\\u0000\"}",
                "[1,2]",
                "\"text with " + "\\\"source\\\"" + "\"",
                "null",
                "-1.5e-7"
            })
    void nothingThatARowOrAContextHoldsIsTakenForIt(String hostile) {
        assertThat(Identity.of(shaped(hostile, "shop", "public.orders.42", 4711, hostile)))
                .isEqualTo(new Identity("shop", "public.orders.42", 4711));
    }

    /** Nothing but source.replay says so. */
    @Test
    void aReplayIsToldByTheSourceAlone() {
        String forged = "{\"source\":{\"replay\":true},\"replay\":true}";
        assertThat(Identity.replayed(shaped(forged, "shop", "k", 7, forged))).isFalse();
        assertThat(Identity.replayed(replayed("shop", "k", 7, null))).isTrue();
        assertThat(Identity.replayed(replayed("shop", "k", 7, "{\"replay\":false}")))
                .isTrue();
        assertThat(Identity.of(replayed("shop", "k", 7, null))).isEqualTo(new Identity("shop", "k", 7));
    }

    private static byte[] replayed(String name, String partitionKey, long id, @Nullable String context) {
        return shape(event("{}", partitionKey, id, context).asReplay(), name);
    }

    @Test
    void depthCostsNoStack() {
        String deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);

        assertThat(Identity.of(envelope(deep, "shop", "k", 7))).isEqualTo(new Identity("shop", "k", 7));
    }

    @Test
    void theOrderOfTheFieldsAndTheSpacesBetweenThemDoNotMatter() throws IOException {
        long seed = Long.getLong("leat.test.seed", System.nanoTime());
        System.out.println("IdentityTest: -Dleat.test.seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            String name = text(random);
            String partitionKey = text(random);
            long id = random.nextLong();
            JsonFactory factory = random.nextBoolean()
                    ? new JsonFactory()
                    : JsonFactory.builder()
                            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                            .build();
            StringWriter json = new StringWriter();
            try (JsonGenerator generator = factory.createGenerator(json)) {
                if (random.nextBoolean()) {
                    generator.useDefaultPrettyPrinter();
                }
                List<String> fields =
                        new ArrayList<>(List.of("source", "Source", "sourc", "sources", "before", "id", "name"));
                Collections.shuffle(fields, random);
                generator.writeStartObject();
                for (String field : fields) {
                    generator.writeFieldName(field);
                    if (field.equals("source")) {
                        source(generator, random, name, partitionKey, id);
                    } else {
                        value(generator, random, 4);
                    }
                }
                generator.writeEndObject();
            }
            String space = random.nextBoolean() ? "" : " \n\t\r";

            assertThat(Identity.of((space + json + space).getBytes(UTF_8)))
                    .as("seed %d, %s", seed, json)
                    .isEqualTo(new Identity(name, partitionKey, id));
        }
    }

    private static void source(JsonGenerator generator, Random random, String name, String partitionKey, long id)
            throws IOException {
        List<String> fields = new ArrayList<>(List.of("name", "partition_key", "id", "context", "sequence"));
        Collections.shuffle(fields, random);
        generator.writeStartObject();
        for (String field : fields) {
            generator.writeFieldName(field);
            switch (field) {
                case "name" -> generator.writeString(name);
                case "partition_key" -> generator.writeString(partitionKey);
                case "id" -> generator.writeNumber(id);
                default -> value(generator, random, 4);
            }
        }
        generator.writeEndObject();
    }

    private static void value(JsonGenerator generator, Random random, int depth) throws IOException {
        switch (random.nextInt(depth == 0 ? 5 : 7)) {
            case 0 -> generator.writeNull();
            case 1 -> generator.writeBoolean(random.nextBoolean());
            case 2 -> generator.writeNumber(random.nextDouble());
            case 3 -> generator.writeNumber(random.nextLong());
            case 4 -> generator.writeString(text(random));
            case 5 -> {
                generator.writeStartArray();
                for (int n = random.nextInt(4); n > 0; n--) {
                    value(generator, random, depth - 1);
                }
                generator.writeEndArray();
            }
            default -> {
                generator.writeStartObject();
                for (String name : List.of("source", "id", "name", "partition_key", "x\"\\")) {
                    if (random.nextBoolean()) {
                        generator.writeFieldName(name);
                        value(generator, random, depth - 1);
                    }
                }
                generator.writeEndObject();
            }
        }
    }

    private static String text(Random random) {
        String[] pieces = {
            "a", "\"", "\\", "{", "}", ",", ":", "\n", "\u0001", "é", "\uD83D\uDE80", "source", "/", "\b\f\t\r"
        };
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(12); n > 0; n--) {
            text.append(pieces[random.nextInt(pieces.length)]);
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "null",
                "[]",
                "{}",
                "{\"source\":null}",
                "{\"source\":{}}",
                "{\"source\":{\"name\":\"n\",\"id\":1}}",
                "{\"source\":{\"name\":\"n\",\"partition_key\":null,\"id\":1}}",
                "{\"source\":{\"name\":\"n\",\"partition_key\":\"k\",\"id\":\"1\"}}",
                "{\"source\":{\"name\":\"n\",\"partition_key\":\"k\",\"id\":1.5}}",
                "{\"source\":{\"name\":\"n\",\"partition_key\":\"k\",\"id\":{\"id\":1}}}",
                "{\"before\":{\"source\":{\"name\":\"n\",\"partition_key\":\"k\",\"id\":1}}}"
            })
    void whatIsNoEnvelopeIsRefused(String text) {
        assertThatThrownBy(() -> Identity.of(text.getBytes(UTF_8))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everyBeginningOfAnEnvelopeIsRefused() {
        String whole = new String(envelope("{\"a\":\"\\\\\"}", "shop", "k", 7), UTF_8);
        for (int length = 0; length < whole.length(); length++) {
            byte[] part = whole.substring(0, length).getBytes(UTF_8);
            assertThatThrownBy(() -> Identity.of(part)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aRecordOfSeveralEventsIsNotTakenForItsFirst() {
        String line = new String(envelope("{}", "shop", "k", 7), UTF_8) + "\n";

        assertThat(Identity.of(line.getBytes(UTF_8)).id()).isEqualTo(7);
        assertThatThrownBy(() -> Identity.of((line + line).getBytes(UTF_8)))
                .hasMessage("more than one event: take the record apart by Unpacker.unpack first");
    }
}
