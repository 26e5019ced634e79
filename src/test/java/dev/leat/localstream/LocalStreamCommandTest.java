package dev.leat.localstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Await;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import software.amazon.awssdk.services.kinesis.KinesisClient;

class LocalStreamCommandTest {

    private static final Pattern EXPORT = Pattern.compile("export AWS_ENDPOINT_URL_KINESIS=(\\S+)");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String... arguments) {
        return new CommandLine(new LocalStreamCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    @Test
    void itPrintsHowToUseItAndRunsUntilItIsInterrupted() throws InterruptedException {
        Thread running = new Thread(() -> execute("--port", "0", "--stream", "orders", "--shards", "3", "--throttle"));
        running.start();
        Await.until("the exports", Duration.ofSeconds(20), () -> out.toString().contains("AWS_ACCESS_KEY_ID"));
        assertThat(out.toString())
                .contains(
                        "not for production",
                        "stream orders with 3 shards",
                        "requestHandler: new NodeHttpHandler()",
                        "each shard accepts 1000 records and 1048576 bytes a second")
                .contains("export AWS_REGION=us-east-1");
        Matcher export = EXPORT.matcher(out.toString());
        assertThat(export.find()).isTrue();
        try (KinesisClient client = Clients.of(URI.create(export.group(1)))) {
            assertThat(client.listShards(b -> b.streamName("orders")).shards()).hasSize(3);
        }
        running.interrupt();
        running.join(10_000);
        assertThat(running.isAlive()).isFalse();
    }

    @Test
    void aPortInUseGivesOneClearLine() {
        try (LocalStream taken = LocalStream.start()) {
            String port = Integer.toString(taken.endpoint().getPort());
            assertThat(execute("--port", port)).isEqualTo(1);
            assertThat(err.toString().lines()).hasSize(1);
            assertThat(err.toString()).contains("port " + port, "--port");
            assertThat(out.toString()).isEmpty();
        }
    }

    @Test
    void wrongOptionsGiveOneClearLine() {
        assertThat(execute("--port", "0", "--shards", "2")).isEqualTo(2);
        assertThat(err.toString().lines().findFirst()).contains("--shards needs --stream");
        assertThat(execute("--port", "99999")).isEqualTo(2);
        assertThat(err.toString()).contains("local-stream: port out of range:99999");
        assertThat(execute("--host", "no-such-host.invalid", "--port", "0")).isEqualTo(1);
        assertThat(err.toString()).contains("no-such-host.invalid cannot be used");
    }

    @Test
    void aStreamThatCannotBeIsOneClearLine() {
        assertThat(execute("--port", "0", "--stream", "a b")).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains("a b");
    }
}
