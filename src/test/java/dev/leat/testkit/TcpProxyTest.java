package dev.leat.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class TcpProxyTest {

    private static final int PATIENCE_MILLIS = 10_000;
    private static final int SILENCE_MILLIS = 200;
    private static final int ENDED = -1;

    @AutoClose
    private final ServerSocket target = echo(0);

    @AutoClose
    private final TcpProxy proxy = new TcpProxy("127.0.0.1", target.getLocalPort());

    @Test
    void forwardsBothWaysAndHandsTheEndOn() throws IOException {
        try (Socket client = connect()) {
            assertThat(ask(client, 7)).isEqualTo(7);
            assertThat(ask(client, 8)).isEqualTo(8);
            client.shutdownOutput();
            assertThat(answer(client)).isEqualTo(ENDED);
        }
        Await.until("the connection to be forgotten", Duration.ofSeconds(10), () -> proxy.connections() == 0);
    }

    @Test
    void aCutEndsConnectionsAndNewOnesUntilItIsHealed() throws IOException {
        try (Socket client = connect()) {
            assertThat(ask(client, 7)).isEqualTo(7);
            proxy.cut();
            assertThat(ask(client, 8)).isEqualTo(ENDED);
        }
        assertThat(askAnew(9)).isEqualTo(ENDED);
        proxy.heal();
        assertThat(askAnew(10)).isEqualTo(10);
    }

    @Test
    void silenceKeepsConnectionsOpenAndSaysNothing() throws IOException {
        try (Socket before = connect()) {
            assertThat(ask(before, 7)).isEqualTo(7);
            proxy.silence();
            assertSilent(before);
            try (Socket after = connect()) {
                assertSilent(after);
                proxy.heal();
                assertThat(answer(before)).isEqualTo(ENDED);
                assertThat(answer(after)).isEqualTo(ENDED);
            }
        }
        assertThat(askAnew(10)).isEqualTo(10);
    }

    @Test
    void silenceSwallowsTheEndOfAConnection() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            proxy.target("127.0.0.1", silent.getLocalPort());
            try (Socket client = connect();
                    Socket accepted = silent.accept()) {
                client.getOutputStream().write(7);
                assertThat(accepted.getInputStream().read()).isEqualTo(7);
                proxy.silence();
                client.close();
                accepted.setSoTimeout(SILENCE_MILLIS);
                assertSilentReader(accepted);
            }
        }
    }

    @Test
    void aStalledConnectionGoesOnWhereItWas() throws IOException {
        try (Socket client = connect()) {
            assertThat(ask(client, 7)).isEqualTo(7);
            proxy.stall();
            assertSilent(client);
            proxy.heal();
            assertThat(answer(client)).isEqualTo(SILENT_QUESTION);
            assertThat(ask(client, 9)).isEqualTo(9);
        }
    }

    @Test
    void aSlowConnectionTakesItsTime() throws IOException {
        try (Socket client = connect()) {
            assertThat(ask(client, 7)).isEqualTo(7);
            proxy.slow(Duration.ofMillis(100));
            long began = System.nanoTime();
            assertThat(ask(client, 8)).isEqualTo(8);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        }
    }

    @Test
    void aNewTargetIsForNewConnections() throws IOException {
        try (ServerSocket other = echo(100);
                Socket before = connect()) {
            assertThat(ask(before, 7)).isEqualTo(7);
            proxy.target("127.0.0.1", other.getLocalPort());
            assertThat(ask(before, 8)).isEqualTo(8);
            assertThat(askAnew(9)).isEqualTo(109);
        }
    }

    @Test
    void aTargetThatRefusesEndsTheClient() throws IOException {
        int nobody;
        try (ServerSocket closed = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            nobody = closed.getLocalPort();
        }
        proxy.target("127.0.0.1", nobody);
        assertThat(askAnew(9)).isEqualTo(ENDED);
    }

    private static final int SILENT_QUESTION = 42;

    private static void assertSilent(Socket client) throws IOException {
        client.getOutputStream().write(SILENT_QUESTION);
        client.setSoTimeout(SILENCE_MILLIS);
        assertSilentReader(client);
        client.setSoTimeout(PATIENCE_MILLIS);
    }

    private static void assertSilentReader(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().read())
                    .as("an answer in silence")
                    .isNull();
        } catch (SocketTimeoutException e) {
            // Still open, and nothing said: that is what was asked for.
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /** The answer, or ENDED, however the connection ended. */
    private static int ask(Socket client, int question) {
        try {
            client.getOutputStream().write(question);
        } catch (IOException e) {
            return ENDED;
        }
        return answer(client);
    }

    private static int answer(Socket client) {
        try {
            return client.getInputStream().read();
        } catch (SocketTimeoutException e) {
            throw new UncheckedIOException("neither an answer nor an end", e);
        } catch (IOException e) {
            return ENDED;
        }
    }

    private int askAnew(int question) {
        try (Socket client = connect()) {
            return ask(client, question);
        } catch (IOException e) {
            return ENDED;
        }
    }

    /** Answers each byte with itself and a number more. */
    private static ServerSocket echo(int more) {
        try {
            ServerSocket server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
            TcpProxy.daemon("echo", () -> {
                while (!server.isClosed()) {
                    try {
                        Socket socket = server.accept();
                        TcpProxy.daemon("echo-one", () -> answerAll(socket, more));
                    } catch (IOException e) {
                        // Closed.
                    }
                }
            });
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void answerAll(Socket socket, int more) {
        try (socket) {
            for (int read = socket.getInputStream().read();
                    read >= 0;
                    read = socket.getInputStream().read()) {
                socket.getOutputStream().write(read + more);
            }
        } catch (IOException e) {
            // The client is gone.
        }
    }
}
