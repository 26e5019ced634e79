package dev.leat.poller;

import dev.leat.pipeline.Claims;
import dev.leat.pipeline.Publisher;
import dev.leat.pipeline.Shaper;

/** The stages after capture, as one worker uses them; a claim settles itself. */
record Stages(Claims claims, Shaper shaper, Publisher publisher) {}
