package dev.leat.app;

/** The rooms, put together. */
final class Wiring implements PollerFactory {

    @Override
    public RunningPoller create(Parts parts) {
        throw new IllegalStateException("the rooms are not wired yet");
    }
}
