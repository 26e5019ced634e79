/**
 * A bounded model of the lane protocol, and a search through all of its states. {@link dev.leat.model.State} is a state,
 * {@link dev.leat.model.LaneProtocol} which steps are possible, {@link dev.leat.model.Promise} what must be true, {@link
 * dev.leat.model.Mistake} what an implementer could get wrong. {@code docs/decisions/0005} says what the model leaves out.
 */
@NullMarked
package dev.leat.model;

import org.jspecify.annotations.NullMarked;
