package dev.leat.app;

import dev.leat.config.DatabaseUrl;
import dev.leat.config.Settings;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Passwords that this process knows, to be removed from messages. Leat's own messages contain no password, but a
 * driver's message may.
 */
final class Secrets {

    private static final int LEAST = 4;
    private static final int LONG = 12;

    private final List<String> known = new CopyOnWriteArrayList<>();

    /** The passwords of an environment, even if its settings are invalid. */
    static Secrets of(Map<String, String> environment) {
        Secrets secrets = new Secrets();
        secrets.add(environment.getOrDefault(Settings.DATABASE_PASSWORD.environment(), ""));
        DatabaseUrl.secretsIn(environment.getOrDefault(Settings.DATABASE_URL.environment(), ""))
                .forEach(secrets::add);
        return secrets;
    }

    /**
     * Adds a password, unless Leat's own words or numbers may contain it: its removal from these would reveal it.
     */
    void add(String secret) {
        boolean plain = secret.matches("[a-zA-Z]*|[0-9]*");
        if (secret.length() >= (plain ? LONG : LEAST) && !known.contains(secret)) {
            known.add(secret);
            // A secret may be part of another one.
            known.sort(Comparator.comparing(String::length).reversed());
        }
    }

    String hide(String text) {
        String without = text;
        for (String secret : known) {
            without = without.replace(secret, "***");
        }
        return without;
    }
}
