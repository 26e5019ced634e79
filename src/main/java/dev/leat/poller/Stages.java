package dev.leat.poller;

import dev.leat.pipeline.Claims;
import dev.leat.pipeline.Publisher;
import dev.leat.pipeline.Settlement;
import dev.leat.pipeline.Shaper;

/** The four stages after capture, as one worker uses them. */
record Stages(Claims claims, Shaper shaper, Publisher publisher, Settlement settlement) {}
