package dev.leat.app;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * What the commands use of their process, so that a test can replace it.
 *
 * @param environment such as {@link System#getenv()}
 * @param stop the requests to stop the process
 * @param secrets the environment's passwords, and those that are typed in later
 */
record ProcessEnvironment(Map<String, String> environment, StopSignal stop, Secrets secrets) {

    ProcessEnvironment(Map<String, String> environment, StopSignal stop) {
        this(environment, stop, Secrets.of(environment));
    }

    /** SIGTERM and SIGINT, or a replacement in tests. */
    interface StopSignal {

        /**
         * From now on a request to stop opens this latch instead of ending the process at once.
         *
         * @param atMost how long the process may then take to end by itself
         */
        CountDownLatch arm(Duration atMost);
    }
}
