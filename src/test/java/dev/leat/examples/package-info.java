/** What docs/embedding.md shows: each class there is the class here, and ExamplesTest runs it. */
@NullMarked
package dev.leat.examples;

import org.jspecify.annotations.NullMarked;
