package dev.leat.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network between two hosts: it listens on a free port of the loopback and forwards connections to a target, until a fault is chosen.
 * Each fault lasts until the next one is chosen or {@link #heal()} is called.
 */
public final class TcpProxy implements AutoCloseable {

    private static final int CONNECT_MILLIS = 5_000;

    /** What befalls bytes and new connections. */
    enum State {
        OPEN,
        STALLED,
        SILENT,
        CUT
    }

    private final ServerSocket listener;
    private final Set<TcpLink> links = ConcurrentHashMap.newKeySet();

    // Guarded by this, as are the waits for their change.
    private InetSocketAddress target;
    private State state = State.OPEN;
    private Duration delay = Duration.ZERO;

    /** Listens at once, and forwards to that target. */
    public TcpProxy(String host, int port) {
        try {
            listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        target = new InetSocketAddress(host, port);
        daemon("proxy-" + listener.getLocalPort(), this::accept);
    }

    /** Where it listens, on 127.0.0.1. */
    public int port() {
        return listener.getLocalPort();
    }

    /** How many connections there are, those in silence included. */
    public int connections() {
        return links.size();
    }

    /** Connections from now on lead to that target, as after a change of DNS; those there are stay where they are. */
    public synchronized void target(String host, int port) {
        target = new InetSocketAddress(host, port);
    }

    /** Resets all connections, and each new one at once: a service that is down. */
    public void cut() {
        change(State.CUT, Duration.ZERO);
        links.forEach(TcpLink::reset);
    }

    /**
     * Swallows all bytes, and the ends of connections too; new connections are accepted and never hear anything: a host that
     * is gone. These connections do not recover.
     */
    public void silence() {
        change(State.SILENT, Duration.ZERO);
        links.forEach(TcpLink::lose);
    }

    /** Keeps bytes and the ends of connections back, and hands them on later: a network that is away for a while. */
    public void stall() {
        change(State.STALLED, Duration.ZERO);
    }

    /** Forwards everything, each portion after that delay. */
    public void slow(Duration by) {
        heal();
        change(State.OPEN, by);
    }

    /** Forwards everything again. Connections that have fallen silent are reset, as by a host that has come back. */
    public void heal() {
        change(State.OPEN, Duration.ZERO);
        links.stream().filter(TcpLink::lost).forEach(TcpLink::reset);
    }

    private synchronized void change(State next, Duration by) {
        state = next;
        delay = by;
        notifyAll();
    }

    /** Waits while bytes are kept back; says what is to be done with them then. */
    synchronized State passage() throws InterruptedException {
        long began = System.nanoTime();
        while (state == State.STALLED || state == State.OPEN && System.nanoTime() - began < delay.toNanos()) {
            if (state == State.STALLED) {
                wait();
            } else {
                long left = delay.toNanos() - (System.nanoTime() - began);
                wait(left / 1_000_000, (int) Math.max(1, left % 1_000_000));
            }
        }
        return state;
    }

    synchronized InetSocketAddress currentTarget() {
        return new InetSocketAddress(target.getHostString(), target.getPort());
    }

    boolean has(TcpLink link) {
        return links.contains(link);
    }

    void forget(TcpLink link) {
        links.remove(link);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                TcpLink link = new TcpLink(this, listener.accept());
                links.add(link);
                daemon("proxy-to-target", link::open);
            } catch (IOException e) {
                // Closed, or a client that has gone again at once: the loop's condition tells.
            }
        }
    }

    static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }
}
