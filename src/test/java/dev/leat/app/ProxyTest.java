package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The stream is reached through the proxy that the environment names. The tests start processes, because each needs its own environment.
 */
class ProxyTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final Proxy proxy = new Proxy();

    /** Asks for a login, and notes what is asked of it. */
    private static final class Proxy implements AutoCloseable {

        private final List<String> requests = new CopyOnWriteArrayList<>();
        private final ServerSocket listening;

        Proxy() {
            try {
                listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            Thread thread = new Thread(this::serve, "proxy");
            thread.setDaemon(true);
            thread.start();
        }

        private void serve() {
            while (true) {
                try (Socket client = listening.accept()) {
                    answer(client);
                } catch (IOException e) {
                    if (listening.isClosed()) {
                        return;
                    }
                }
            }
        }

        private void answer(Socket client) throws IOException {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
            StringBuilder head = new StringBuilder();
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                head.append(line).append('\n');
            }
            requests.add(head.toString());
            client.getOutputStream()
                    .write(("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                                    + "Content-Length: 0\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
        }

        @Override
        public void close() throws IOException {
            listening.close();
        }
    }

    private String doctor(Map<String, String> more) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.leat.app.Main",
                        "doctor",
                        "--stream",
                        "changes")))
                .redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.matches("(?i)(LEAT|AWS)_.*|(HTTPS?|NO|ALL)_PROXY"));
        builder.environment()
                .putAll(Map.of(
                        "LEAT_DATABASE_URL",
                        database.url(),
                        "LEAT_DATABASE_USERNAME",
                        TestServer.OWNER,
                        "LEAT_DATABASE_PASSWORD",
                        TestServer.password(),
                        "AWS_REGION",
                        "eu-central-1",
                        "AWS_ACCESS_KEY_ID",
                        "test",
                        "AWS_SECRET_ACCESS_KEY",
                        "test"));
        builder.environment().putAll(more);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(1);
        return said;
    }

    private String url(String login) {
        return "http://" + login + "127.0.0.1:" + proxy.listening.getLocalPort();
    }

    @Test
    void awsIsReachedThroughHttpProxyWithItsLogin() throws Exception {
        String said = doctor(Map.of("HTTP_PROXY", url("me:s-crEt%40@"), "HTTPS_PROXY", "http://127.0.0.1:1"));
        assertThat(proxy.requests)
                .as(said)
                .isNotEmpty()
                .allMatch(each -> each.startsWith("CONNECT kinesis.eu-central-1."));
        assertThat(String.join("", proxy.requests))
                .contains(Base64.getEncoder().encodeToString("me:s-crEt%40".getBytes(StandardCharsets.UTF_8)));
        assertThat(said)
                .contains("the proxy refuses the login: check HTTP_PROXY")
                .doesNotContain("s-crEt");
    }

    /** As docs/operations.md says of the SDK; should that change, the page is to be changed. */
    @Test
    void httpsProxyIsNotRead() throws Exception {
        assertThat(doctor(Map.of("AWS_ENDPOINT_URL_KINESIS", "https://stream.invalid", "HTTPS_PROXY", url(""))))
                .contains("unknown host stream.invalid", "HTTP_PROXY (HTTPS_PROXY is not read)");
        assertThat(proxy.requests).isEmpty();
    }

    @Test
    @Tag("full")
    void anEndpointWithoutTlsIsReachedThroughHttpProxyUnlessNoProxyNamesIt() throws Exception {
        Map<String, String> variables =
                Map.of("AWS_ENDPOINT_URL_KINESIS", "http://stream.invalid:4567", "HTTP_PROXY", url(""));
        String said = doctor(variables);
        assertThat(proxy.requests)
                .as(said)
                .isNotEmpty()
                .allMatch(each -> each.startsWith("POST http://stream.invalid:4567/"));

        proxy.requests.clear();
        Map<String, String> direct = new java.util.HashMap<>(variables);
        direct.put("NO_PROXY", "localhost,*.invalid");
        assertThat(doctor(direct)).contains("unknown host stream.invalid");
        assertThat(proxy.requests).isEmpty();
    }
}
