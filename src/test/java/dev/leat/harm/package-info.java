/** The application is not harmed: its statements neither fail nor wait, whatever Leat or Kinesis is at. */
@NullMarked
package dev.leat.harm;

import org.jspecify.annotations.NullMarked;
