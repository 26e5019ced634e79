package dev.leat.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One connection of a client to a {@link TcpProxy}, and its connection to the target. */
final class TcpLink {

    private static final int CONNECT_MILLIS = 5_000;

    private final TcpProxy proxy;
    private final Socket client;
    private final AtomicReference<@Nullable Socket> server = new AtomicReference<>();
    private final AtomicBoolean lost = new AtomicBoolean();
    private final AtomicBoolean oneWayEnded = new AtomicBoolean();

    TcpLink(TcpProxy proxy, Socket client) {
        this.proxy = proxy;
        this.client = client;
    }

    /** Nothing goes through any more. */
    void lose() {
        lost.set(true);
    }

    boolean lost() {
        return lost.get();
    }

    /** Connects to the target, and forwards until the client's side ends. */
    void open() {
        try {
            TcpProxy.State passage = proxy.passage();
            if (passage == TcpProxy.State.SILENT) {
                lose();
                return;
            }
            Socket socket = new Socket();
            server.set(socket);
            if (passage == TcpProxy.State.CUT || !proxy.has(this)) {
                reset();
                return;
            }
            socket.connect(proxy.currentTarget(), CONNECT_MILLIS);
            socket.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            TcpProxy.daemon("proxy-from-target", () -> pump(socket, client));
            pump(client, socket);
        } catch (IOException e) {
            // Refused by the target, or reset meanwhile: so is the client then.
            reset();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[16_384];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int read;
            do {
                read = in.read(buffer);
                if (proxy.passage() == TcpProxy.State.SILENT || lost()) {
                    lose();
                } else if (read > 0) {
                    out.write(buffer, 0, read);
                } else {
                    to.shutdownOutput();
                }
            } while (read >= 0);
            if (oneWayEnded.getAndSet(true) && !lost()) {
                end(false);
            }
        } catch (IOException e) {
            if (!lost()) {
                reset();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends both connections with RST. */
    void reset() {
        end(true);
    }

    private void end(boolean withReset) {
        proxy.forget(this);
        end(client, withReset);
        Socket socket = server.get();
        if (socket != null) {
            end(socket, withReset);
        }
    }

    private static void end(Socket socket, boolean withReset) {
        try {
            if (withReset) {
                socket.setSoLinger(true, 0);
            }
        } catch (IOException e) {
            // Closed already, which ends it as well.
        }
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
