package dev.leat.poller;

import org.jspecify.annotations.Nullable;

/** The stream cannot be used now; the message says what to do. */
public final class StreamUnusable extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    StreamUnusable(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
