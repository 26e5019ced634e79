/**
 * The API of an application: {@link dev.leat.LeatPoller}, its {@link dev.leat.PollerSettings}, and what a {@link dev.leat.PollerListener}
 * receives: {@linkplain dev.leat.Event events}, their {@linkplain dev.leat.Outcome outcomes}, and what fails. {@code docs/embedding.md}
 * has examples. Consumers use {@code dev.leat.consume}. All other packages are internal.
 */
@NullMarked
package dev.leat;

import org.jspecify.annotations.NullMarked;
