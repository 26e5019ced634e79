/**
 * A local stand-in for Amazon Kinesis Data Streams: an HTTP endpoint that speaks the service's protocol (JSON and CBOR) and keeps
 * records in memory. The demo, the tests and a developer's own machine use it; it is not for production and not in leat.jar.
 *
 * <p>A request passes through these classes: {@code RequestHandler} reads it and consults the injected faults, {@code Wire} decodes it to an
 * {@code Input}, an operation ({@code StreamOperations}, {@code ShardOperations}, {@code PutOperations}, {@code GetOperations})
 * checks it and acts on the model ({@code Streams}, {@code KinesisStream}, {@code Shard}, {@code ShardLog}), and the answer is
 * written back through an {@code Output}. Each stream is guarded by its own lock; nothing is decoded or encoded under it.
 *
 * <p>The package knows nothing of the rest of Leat.
 */
@NullMarked
package dev.leat.localstream;

import org.jspecify.annotations.NullMarked;
