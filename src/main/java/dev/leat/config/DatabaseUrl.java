package dev.leat.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A database's URL in its parts, so that a driver gets one without user and password, and these by another way: drivers and
 * pools repeat the URL in messages and logs. What the driver would not understand is refused here, in words that repeat nothing
 * of it, because the password may stand in any part of a URL that is written wrongly.
 *
 * @param url without user and password
 * @param user null: the URL names none
 * @param password null: the URL holds none
 */
public record DatabaseUrl(
        String url, @Nullable String user, @Nullable String password) {

    private static final Pattern SHAPE =
            Pattern.compile("(jdbc:(?:[a-z0-9-]+:)*postgresql:)([^?]*)(?:\\?(.*))?", Pattern.DOTALL);

    private static final Pattern LIBPQ = Pattern.compile("\\s*[\"']?\\s*postgres(ql)?:", Pattern.CASE_INSENSITIVE);
    private static final Pattern AROUND = Pattern.compile("^[\\s\"']|[\\s\"']$");

    /** Where the parts of a URL go that is not JDBC's. */
    private static final String AS_JDBC = "write jdbc:postgresql://<host>:<port>/<database>, and set "
            + Settings.DATABASE_USERNAME.environment() + " to the user and " + Settings.DATABASE_PASSWORD.environment()
            + " to the password, as they are, without %40 for @ and the like";

    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");
    private static final Pattern HOST = Pattern.compile("[\\p{L}\\p{N}._-]*|\\[[0-9a-fA-F:.]+(%[\\p{Alnum}._-]+)?]");

    /** Other characters can be written by their codes: as they are, they hint at a login or a parameter in a wrong place. */
    private static final Pattern DATABASE = Pattern.compile("(?:[\\p{L}\\p{M}\\p{N}_.~$+-]|%[0-9a-fA-F]{2})*");

    private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9_.-]*");

    private static final String PASSWORD_WORD = "(?i:password|passwd|passphrase|pass|pwd|secret)";
    private static final Pattern MISTAKEN_NAME = Pattern.compile(PASSWORD_WORD + "|(?i:user|username)");
    private static final Pattern STRAY_PASSWORD = Pattern.compile(PASSWORD_WORD + "\\s*[=:]");
    private static final Pattern PASSWORD_PARAMETER = Pattern.compile(PASSWORD_WORD + "\\s*=\\s*([^&;\\s]+)");
    private static final Pattern LOGIN = Pattern.compile("postgres(?:ql)?:/*[^/:@]*:(.+)@", Pattern.DOTALL);

    /**
     * @throws IllegalArgumentException when no driver would understand it; the message says what is wrong, and repeats nothing
     */
    public static DatabaseUrl parse(String text) {
        if (LIBPQ.matcher(text).lookingAt()) {
            throw wrong("is a URL as libpq and psql take it, and a JDBC URL is needed: " + AS_JDBC);
        }
        if (AROUND.matcher(text).find()) {
            throw wrong("begins or ends with a quote, a blank or a line break: leave that out");
        }
        if (!text.startsWith("jdbc:")) {
            throw wrong("must be a JDBC URL, such as jdbc:postgresql://localhost:5432/shop");
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw wrong("holds a line break or another control character");
        }
        Matcher shape = SHAPE.matcher(text);
        if (!shape.matches()) {
            throw wrong("does not name PostgreSQL: it must begin like jdbc:postgresql:, in small letters");
        }
        place(shape.group(2));
        String url = shape.group(1) + shape.group(2);
        String user = null;
        String password = null;
        List<String> others = new ArrayList<>();
        for (String parameter :
                shape.group(3) == null ? new String[0] : shape.group(3).split("&")) {
            if (parameter.isEmpty()) {
                continue;
            }
            int sign = parameter.indexOf('=');
            String name = sign < 0 ? parameter : parameter.substring(0, sign);
            String value = sign < 0 ? "" : decoded(parameter.substring(sign + 1));
            if (name.equals("user")) {
                user = notStray(value);
            } else if (name.equals("password")) {
                password = value;
            } else {
                named(name, sign >= 0);
                others.add(parameter);
                notStray(value);
            }
        }
        return new DatabaseUrl(others.isEmpty() ? url : url + "?" + String.join("&", others), user, password);
    }

    /** Hosts with their ports, and the database; or the database alone. */
    private static void place(String text) {
        if (text.equals("//") || text.equals("///")) {
            return;
        }
        if (text.indexOf('@') >= 0) {
            throw wrong(
                    "has an @ before its parameters, and JDBC takes no user and password before the host: " + AS_JDBC);
        }
        if (!text.startsWith("//")) {
            database(text);
            return;
        }
        int slash = text.indexOf('/', 2);
        if (slash < 0) {
            throw wrong("has no / and database after the host");
        }
        for (String host : text.substring(2, slash).split(",", -1)) {
            host(host);
        }
        database(text.substring(slash + 1));
    }

    private static void host(String text) {
        int colon = text.lastIndexOf(':');
        boolean withPort = colon > text.lastIndexOf(']');
        if (withPort) {
            String port = text.substring(colon + 1);
            if (!PORT.matcher(port).matches() || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65_535) {
                throw wrong("has a port that is no number from 1 to 65535");
            }
        }
        if (!HOST.matcher(withPort ? text.substring(0, colon) : text).matches()) {
            throw wrong("has a host with a character that no host's name has");
        }
    }

    private static void database(String text) {
        if (!DATABASE.matcher(text).matches() || decoded(text).indexOf('@') >= 0) {
            throw wrong("has a database with a character that is to be written by its code, such as %20,"
                    + " or a ? is missing before the parameters");
        }
        notStray(decoded(text));
    }

    private static void named(String name, boolean withValue) {
        // Of all parameters this one means something when it stands alone.
        if (!NAME.matcher(name).matches() || !withValue && !name.equals("ssl")) {
            throw wrong("has a parameter that is not of the form name=value:"
                    + " in values, a password among them, write & as %26, % as %25 and + as %2B");
        }
        if (MISTAKEN_NAME.matcher(name).matches()) {
            throw wrong("has a parameter that the driver does not know: it takes user and password, in small letters");
        }
    }

    private static String notStray(String value) {
        if (STRAY_PASSWORD.matcher(value).find()) {
            throw wrong("seems to hold a password inside of something else: parameters begin after a ?,"
                    + " and & stands between them");
        }
        return value;
    }

    /** As the driver does it. */
    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // Without the cause, which repeats a part of the text.
            throw wrong("has a % that is not followed by two hexadecimal digits: write % itself as %25");
        }
    }

    private static IllegalArgumentException wrong(String why) {
        return new IllegalArgumentException(why);
    }

    /** What may be a password in a URL, well written or not, as it is written and as it is meant. */
    public static List<String> secretsIn(String text) {
        return Stream.of(PASSWORD_PARAMETER, LOGIN)
                // What follows a : and precedes an @ may be anything where the whole is well written.
                .filter(pattern -> pattern != LOGIN || !parses(text))
                .flatMap(pattern -> pattern.matcher(text).results())
                .flatMap(found -> writtenAndMeant(found.group(1)))
                .distinct()
                .toList();
    }

    private static Stream<String> writtenAndMeant(String secret) {
        try {
            return Stream.of(secret, decoded(secret));
        } catch (IllegalArgumentException e) {
            return Stream.of(secret);
        }
    }

    private static boolean parses(String text) {
        try {
            parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return url;
    }
}
