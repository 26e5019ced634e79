package dev.leat.consumers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.testkit.NodeModules;
import dev.leat.testkit.TestStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The consumer in JavaScript that {@code docs/formats.md} shows, run by Node over a whole stream. */
final class NodeConsumer {

    private static final Path HOME = Path.of("target", "node-consumer").toAbsolutePath();
    private static final Pattern CODE = Pattern.compile("\n```js\n(.*?)\n```\n", Pattern.DOTALL);

    /**
     * @param rows as {@link View#rows} has them
     * @param skipped how many events were taken for repetitions
     */
    record Result(Map<String, Integer> rows, int skipped) {}

    private NodeConsumer() {}

    static Result read(URI endpoint, Aggregation.Format format) throws IOException, InterruptedException {
        if (format == Aggregation.Format.KPL) {
            NodeModules.need(HOME, "aws-kinesis-agg", "4.2.8");
        } else {
            NodeModules.needNode();
        }
        Files.createDirectories(HOME);
        Files.writeString(HOME.resolve("consumer.mjs"), documented());
        try (InputStream harness = NodeConsumer.class.getResourceAsStream("read.mjs")) {
            Files.copy(Objects.requireNonNull(harness), HOME.resolve("read.mjs"), StandardCopyOption.REPLACE_EXISTING);
        }
        Path said = HOME.resolve("said");
        Process node = new ProcessBuilder(
                        "node",
                        HOME.resolve("read.mjs").toString(),
                        HOME.resolve("consumer.mjs").toString(),
                        endpoint.toString(),
                        TestStream.NAME,
                        format == Aggregation.Format.NONE
                                ? "plain"
                                : format.name().toLowerCase(java.util.Locale.ROOT))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        boolean ended = node.waitFor(60, TimeUnit.SECONDS);
        node.destroyForcibly();
        String text = Files.readString(said);
        assertThat(ended && node.exitValue() == 0).as(text).isTrue();
        Map<String, Integer> rows = new TreeMap<>();
        String[] lines = text.split("\n", -1);
        for (int n = 0; n < lines.length - 2; n++) {
            rows.merge(lines[n], 1, Integer::sum);
        }
        return new Result(rows, Integer.parseInt(lines[lines.length - 2]));
    }

    /** The one block of JavaScript in the page. */
    private static String documented() throws IOException {
        Matcher code = CODE.matcher(Files.readString(Path.of("docs", "formats.md"), UTF_8));
        assertThat(code.find()).isTrue();
        return code.group(1) + "\n";
    }
}
