package dev.leat.app;

import dev.leat.localstream.LocalStream;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** AWS's own settings for this JVM, as system properties, which the SDK reads like its environment variables. */
public final class LocalAws implements AutoCloseable {

    private final Map<String, @Nullable String> former = new HashMap<>();

    /** A region and credentials, and no look at the network for them; nothing listens there. */
    LocalAws() {
        set("aws.disableEc2Metadata", "true");
        set("aws.region", "us-east-1");
        set("aws.accessKeyId", "test");
        set("aws.secretAccessKey", "test");
        set("aws.endpointUrlKinesis", "http://127.0.0.1:1");
    }

    public static LocalAws of(LocalStream stream) {
        LocalAws aws = new LocalAws();
        aws.set("aws.endpointUrlKinesis", stream.endpoint().toString());
        return aws;
    }

    /**
     * @param value null: not set
     */
    void set(String property, @Nullable String value) {
        String before = value == null ? System.clearProperty(property) : System.setProperty(property, value);
        former.putIfAbsent(property, before);
    }

    @Override
    public void close() {
        former.forEach((property, value) -> {
            if (value == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, value);
            }
        });
    }
}
