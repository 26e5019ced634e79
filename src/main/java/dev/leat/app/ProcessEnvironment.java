package dev.leat.app;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * What the commands take from their process, so that a test can give them something else.
 *
 * @param environment such as {@link System#getenv()}
 * @param stop how the process is asked to stop
 * @param secrets the environment's passwords, and those that are typed in later
 */
record ProcessEnvironment(Map<String, String> environment, StopSignal stop, Secrets secrets) {

    ProcessEnvironment(Map<String, String> environment, StopSignal stop) {
        this(environment, stop, Secrets.of(environment));
    }

    /** SIGTERM and SIGINT, or what stands for them. */
    interface StopSignal {

        /**
         * From now on a request to stop opens this latch instead of ending the process at once.
         *
         * @param atMost how long the process may then take to end by itself
         */
        CountDownLatch arm(Duration atMost);
    }
}
