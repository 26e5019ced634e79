package dev.leat.poller;

import dev.leat.Shaper;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.Publisher;

/** The stages after capture, for one worker. The last stage, settle, is a method of the claim. */
record Stages(Claims claims, Shaper shaper, Publisher publisher) {}
