package dev.leat.loop;

import dev.leat.PollerListener;
import dev.leat.Publisher;
import dev.leat.Settlement;
import dev.leat.Shaper;

/**
 * The rooms behind claim, as the workers of a poller share them.
 *
 * @param defaultStream the stream of events that name none
 */
public record Rooms(
        Shaper shaper, Publisher publisher, Settlement settlement, PollerListener listener, String defaultStream) {}
