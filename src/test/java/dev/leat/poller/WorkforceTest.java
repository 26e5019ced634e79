package dev.leat.poller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Await;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WorkforceTest {

    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    private final AtomicLong now = new AtomicLong();
    private final Workforce workforce = new Workforce(now::get);
    private final Object first = new Object();
    private final Object second = new Object();

    @Test
    void theFirstIsEnoughWhileItKeepsUp() {
        assertThat(workforce.allNeeded()).isFalse();
        workforce.begins(first);
        assertThat(workforce.allNeeded()).isFalse();
        workforce.ends(first, false);
        assertThat(workforce.allNeeded()).isFalse();
    }

    @Test
    void allAreNeededUntilNobodyLeavesAnything() throws Exception {
        ended(first, true);
        workforce.awaitNeed();
        ended(second, true);
        ended(first, false);
        assertThat(workforce.allNeeded()).isTrue();
        ended(second, false);
        assertThat(workforce.allNeeded()).isFalse();
    }

    @Test
    void allAreNeededWhileAPassTakesLong() {
        workforce.begins(first);
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(50));
        assertThat(workforce.allNeeded()).isTrue();
        workforce.ends(first, false);
        assertThat(workforce.allNeeded()).isFalse();
    }

    @Test
    void theOthersSleepWhileNobodyHasAnythingToDo() throws Exception {
        Thread other = new Thread(() -> {
            try {
                workforce.awaitNeed();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        other.start();
        // Not TIMED_WAITING: it does not look by itself.
        Await.until("it to sleep", TEN_SECONDS, () -> other.getState() == Thread.State.WAITING);
        workforce.begins(first);
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(50));
        Await.until("it to join", TEN_SECONDS, () -> other.getState() == Thread.State.TERMINATED);
    }

    private void ended(Object worker, boolean leaves) {
        workforce.begins(worker);
        workforce.ends(worker, leaves);
    }
}
