package dev.leat.loop;

import dev.leat.Claims;
import dev.leat.Publisher;
import dev.leat.Settlement;
import dev.leat.Shaper;

/** The four stages after capture, as one worker uses them. */
public record Stages(Claims claims, Shaper shaper, Publisher publisher, Settlement settlement) {}
