/** What a setting is: its names, its default, its limits and what it means, all said once. */
@NullMarked
package dev.leat.settings;

import org.jspecify.annotations.NullMarked;
