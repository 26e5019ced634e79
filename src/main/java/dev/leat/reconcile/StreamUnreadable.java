package dev.leat.reconcile;

import org.jspecify.annotations.Nullable;

/** The stream cannot be read, or what was waited for did not come. The message says what to do. */
public final class StreamUnreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StreamUnreadable(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
