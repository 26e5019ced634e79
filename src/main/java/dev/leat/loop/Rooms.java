package dev.leat.loop;

import dev.leat.Claims;
import dev.leat.Publisher;
import dev.leat.Settlement;
import dev.leat.Shaper;

/** The four rooms behind capture, as one worker walks through them. */
public record Rooms(Claims claims, Shaper shaper, Publisher publisher, Settlement settlement) {}
