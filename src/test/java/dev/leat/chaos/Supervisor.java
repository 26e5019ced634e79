package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;
import dev.leat.testkit.LeatProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The pollers, and the work of their supervisor: a poller that is gone is started again. Used by one thread.
 *
 * <p>A poller that cannot start because its database or stream cannot be reached ends with a message. A poller that has started must never
 * end by itself.
 */
final class Supervisor implements AutoCloseable {

    private static final String BEGUN = " publishes from ";
    /** Whatever happens to sessions, two that live cannot both settle events of one lane. */
    private static final String SHARED_LANE = "another session has changed rows of a lane";

    private static final Pattern EXCUSES = Pattern.compile(
            "stopped at the deadline|answered (?!ProvisionedThr|InternalF)|a request to stream|taken nothing");

    private final Supplier<LeatProcess> start;
    private final List<LeatProcess> all = new ArrayList<>();
    private final List<LeatProcess> atWork = new ArrayList<>();
    private final Set<LeatProcess> leaving = new LinkedHashSet<>();
    private final Set<LeatProcess> paused = new LinkedHashSet<>();
    private final List<String> wrong = new ArrayList<>();
    private int wanted;

    Supervisor(Supplier<LeatProcess> start) {
        this.start = start;
    }

    /** Lets pollers join or leave until there are that many. */
    void want(int pollers) {
        wanted = pollers;
        while (atWork.size() - paused.size() > Math.max(0, wanted - paused.size()) && leaveOne()) {}
        supervise();
    }

    int wanted() {
        return wanted;
    }

    /** The processes of those that are to be at work. */
    List<Long> pids() {
        return atWork.stream().map(LeatProcess::pid).toList();
    }

    private boolean leaveOne() {
        for (LeatProcess poller : atWork) {
            if (!paused.contains(poller)) {
                dismiss(poller);
                return true;
            }
        }
        return false;
    }

    private void dismiss(LeatProcess poller) {
        poller.terminate();
        atWork.remove(poller);
        leaving.add(poller);
    }

    /** Starts whoever is missing, and notes whoever has ended without having been asked to. */
    void supervise() {
        for (LeatProcess poller : List.copyOf(atWork)) {
            if (!poller.alive()) {
                atWork.remove(poller);
                if (poller.said().contains(BEGUN)) {
                    wrong.add("a poller ended by itself:\n" + poller.said());
                }
            }
        }
        leaving.removeIf(poller -> !poller.alive());
        while (atWork.size() < wanted) {
            LeatProcess poller = start.get();
            all.add(poller);
            atWork.add(poller);
        }
    }

    private LeatProcess any(Random random) {
        return atWork.get(random.nextInt(atWork.size()));
    }

    /** SIGKILL to one of them. */
    void kill(Random random) {
        LeatProcess poller = any(random);
        atWork.remove(poller);
        paused.remove(poller);
        poller.kill();
    }

    /** SIGTERM to one of them. */
    void terminate(Random random) {
        LeatProcess poller = any(random);
        if (!paused.contains(poller)) {
            dismiss(poller);
        }
    }

    /** SIGSTOP to one of them; healed by SIGCONT. */
    Healing pause(Random random) {
        LeatProcess poller = any(random);
        if (!paused.add(poller)) {
            return Healing.NOTHING;
        }
        poller.pause();
        return () -> {
            if (paused.remove(poller)) {
                poller.resume();
            }
        };
    }

    /** Asks all to stop, and waits for them. */
    void dismissAll() {
        wanted = 0;
        List.copyOf(atWork).forEach(this::dismiss);
        leaving.forEach(LeatProcess::exitCode);
    }

    /** Whether any of them has told of something after which events may repeat. */
    boolean excused() {
        return all.stream().anyMatch(poller -> EXCUSES.matcher(poller.said()).find());
    }

    /** What pollers did that they must not, and what has befallen them that nothing can cause. */
    List<String> wrong() {
        List<String> found = new ArrayList<>(wrong);
        all.stream()
                .filter(poller -> poller.said().contains(SHARED_LANE))
                .forEach(poller -> found.add("two pollers were at work on one lane:\n" + poller.said()));
        return found;
    }

    /** Writes what each has said into files of that directory. */
    void keepLogs(Path directory) {
        try {
            Files.createDirectories(directory);
            for (int i = 0; i < all.size(); i++) {
                Files.writeString(
                        directory.resolve("poller-" + i + ".log"), all.get(i).said());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        all.forEach(LeatProcess::close);
    }
}
