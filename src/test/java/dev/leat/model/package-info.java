/**
 * A bounded model of the lane protocol, and a search through all of its states. {@link dev.leat.model.World} is a state,
 * {@link dev.leat.model.LaneProtocol} what may happen next, {@link dev.leat.model.Promise} what must hold, {@link
 * dev.leat.model.Mistake} what somebody could get wrong. What it leaves out is in {@code docs/decisions/0005}.
 */
@NullMarked
package dev.leat.model;

import org.jspecify.annotations.NullMarked;
