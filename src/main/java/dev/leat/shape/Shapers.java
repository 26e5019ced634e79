package dev.leat.shape;

import dev.leat.Event;
import dev.leat.Shaper;
import dev.leat.WireFormat;
import dev.leat.WireFormats;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** Shapes each event in the format of its table, or else in that of its stream. */
public final class Shapers implements Shaper {

    /** A bound for texts that no attachment of this version has written. There are far fewer formats. */
    private static final int MOST_FORMATS = 1000;

    private final WireFormats formats;
    private final String defaultStream;
    private final EnvelopeSource source;
    private final Clock clock;
    private final Predicate<String> asLines;
    private final Map<String, Shaper> byText = new ConcurrentHashMap<>();
    private final Map<WireFormat, Shaper> byFormat = new ConcurrentHashMap<>();

    /**
     * Where events come from.
     *
     * @param version Leat's version
     * @param name the logical name of the source
     * @param database the database's name
     */
    public record EnvelopeSource(String version, String name, String database) {}

    /**
     * @param defaultStream the stream of events that name none
     * @param clock for the time of shaping
     */
    public Shapers(WireFormats formats, String defaultStream, EnvelopeSource source, Clock clock) {
        this(formats, defaultStream, source, clock, stream -> false);
    }

    /**
     * @param asLines whether the events of a stream are the lines of its records, so that none may have a line break of its own
     */
    public Shapers(
            WireFormats formats, String defaultStream, EnvelopeSource source, Clock clock, Predicate<String> asLines) {
        this.asLines = asLines;
        this.formats = formats;
        this.defaultStream = defaultStream;
        this.source = source;
        this.clock = clock;
    }

    /** One that shapes every event in Debezium's envelope, unless its table has another format. */
    public static Shapers debezium(EnvelopeSource source, Clock clock) {
        return new Shapers(WireFormats.all(WireFormat.of(WireFormat.FormatName.DEBEZIUM)), "", source, clock);
    }

    @Override
    public byte[] shape(Event event) throws Unshapeable {
        String own = event.route().format();
        if (own == null) {
            String stream = Optional.ofNullable(event.route().stream()).orElse(defaultStream);
            return shaper(formats.of(stream)).shape(event);
        }
        Shaper known = byText.get(own);
        if (known == null) {
            known = shaper(parse(own));
            if (byText.size() < MOST_FORMATS) {
                byText.put(own, known);
            }
        }
        return known.shape(event);
    }

    private static WireFormat parse(String text) throws Unshapeable {
        try {
            return WireFormat.parse(text);
        } catch (IllegalArgumentException e) {
            throw new Unshapeable("its table has a format that this poller does not know: " + e.getMessage()
                    + ". Upgrade the poller, or attach the table again with another format; then retry the event");
        }
    }

    private Shaper shaper(WireFormat format) {
        return byFormat.computeIfAbsent(format, one -> switch (one.name()) {
            case DEBEZIUM -> new DebeziumJson(source, one.has(WireFormat.EVENT_ROUTER), clock);
            case CLOUDEVENTS -> new CloudEventsJson(source);
            case TRIGGER -> new TriggerJson(one);
            case DMS -> new DmsJson(one, clock);
            case RAW -> new RawPayload(defaultStream, asLines);
        });
    }
}
