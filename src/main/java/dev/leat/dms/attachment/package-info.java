/** What of a plan the attachments of Leat can do. */
@NullMarked
package dev.leat.dms.attachment;

import org.jspecify.annotations.NullMarked;
