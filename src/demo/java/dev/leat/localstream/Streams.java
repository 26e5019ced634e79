package dev.leat.localstream;

import dev.leat.localstream.KinesisStream.Mode;
import dev.leat.localstream.KinesisStream.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All streams of the endpoint, by name. */
final class Streams {

    static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]+");

    private static final Pattern ARN = Pattern.compile("arn:aws[^:]*:kinesis:[^:]*:\\d{12}:stream/([a-zA-Z0-9_.-]+)");
    private static final int MAX_CREATING = 5;

    private final LocalStreamOptions options;
    private final Map<String, KinesisStream> byName = new ConcurrentSkipListMap<>();
    private volatile @Nullable WriteLimits writeLimits;

    Streams(LocalStreamOptions options) {
        this.options = options;
        this.writeLimits = options.writeLimits();
    }

    @Nullable
    WriteLimits writeLimits() {
        return writeLimits;
    }

    void writeLimits(@Nullable WriteLimits limits) {
        writeLimits = limits;
    }

    LocalStreamOptions options() {
        return options;
    }

    long now() {
        return options.clock().millis();
    }

    /** When a change of status that begins now ends. */
    long settled() {
        return now() + options.transition().toMillis();
    }

    String arn(String name) {
        return "arn:aws:kinesis:" + options.region() + ":" + options.account() + ":stream/" + name;
    }

    synchronized KinesisStream create(String name, Mode mode, int shards, int maxRecordKib) {
        if (find(name) != null) {
            throw ServiceError.inUse("Stream " + name + " already exists in account " + options.account());
        }
        requireShards(shards);
        long creating =
                all().stream().filter(s -> statusOf(s) == Status.CREATING).count();
        if (creating >= MAX_CREATING) {
            throw ServiceError.limit("No more than " + MAX_CREATING + " streams may be created at the same time");
        }
        long now = now();
        var stream =
                new KinesisStream(name, arn(name), mode, maxRecordKib, options.maxBytesPerStream(), now, settled());
        synchronized (stream) {
            Resharding.create(stream, shards, now);
        }
        byName.put(name, stream);
        return stream;
    }

    /** @throws ServiceError if the account's limit does not allow so many more open shards */
    void requireShards(int more) {
        if (openShards() + more > options.shardLimit()) {
            throw ServiceError.limit(
                    "The account's limit of " + options.shardLimit() + " open shards does not allow " + more + " more");
        }
    }

    int openShards() {
        int open = 0;
        for (KinesisStream stream : all()) {
            synchronized (stream) {
                open += stream.openShards().size();
            }
        }
        return open;
    }

    /** Every stream that is not deleted, by name. */
    List<KinesisStream> all() {
        long now = now();
        byName.values().removeIf(stream -> {
            synchronized (stream) {
                return stream.deleted(now);
            }
        });
        return List.copyOf(byName.values());
    }

    private Status statusOf(KinesisStream stream) {
        synchronized (stream) {
            return stream.status(now());
        }
    }

    @Nullable
    KinesisStream find(String name) {
        KinesisStream stream = byName.get(name);
        if (stream == null) {
            return null;
        }
        synchronized (stream) {
            if (stream.deleted(now())) {
                byName.remove(name, stream);
                return null;
            }
        }
        return stream;
    }

    KinesisStream require(String name) {
        KinesisStream stream = find(name);
        if (stream == null) {
            throw ServiceError.notFound("Stream " + name + " under account " + options.account() + " not found");
        }
        return stream;
    }

    /** The stream that a request names by StreamName or StreamARN, in whatever state it is. */
    KinesisStream named(Input input) {
        return require(name(input));
    }

    /** The stream that a request names; records can be put and read, because it is neither being created nor deleted. */
    KinesisStream usable(Input input) {
        return usable(name(input));
    }

    KinesisStream usable(String name) {
        KinesisStream stream = require(name);
        Status status = statusOf(stream);
        if (status == Status.CREATING || status == Status.DELETING) {
            throw ServiceError.notFound("Stream " + name + " is " + status);
        }
        return stream;
    }

    /** @throws ServiceError unless the stream is ACTIVE; its monitor is held */
    void requireActive(KinesisStream stream) {
        Status status = stream.status(now());
        if (status != Status.ACTIVE) {
            throw ServiceError.inUse("Stream " + stream.name() + " is not ACTIVE but " + status);
        }
    }

    static String name(Input input) {
        String name = input.text("StreamName", 1, 128, NAME);
        String arn = input.text("StreamARN", 1, 2048, null);
        if (arn == null) {
            if (name == null) {
                throw ServiceError.invalid("Either StreamName or StreamARN must be given");
            }
            return name;
        }
        String named = nameOf(arn);
        if (name != null && !name.equals(named)) {
            throw ServiceError.invalid("StreamName " + name + " and StreamARN " + arn + " name two streams");
        }
        return named;
    }

    static String nameOf(String arn) {
        Matcher matcher = ARN.matcher(arn);
        if (!matcher.matches()) {
            throw ServiceError.validation("StreamARN must match " + ARN);
        }
        return matcher.group(1);
    }
}
