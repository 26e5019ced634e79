package dev.leat.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.Driver;

class DatabaseUrlTest {

    /** What the driver understands it understands as before, with the login given by another way. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql:shop",
                "jdbc:postgresql://",
                "jdbc:postgresql:///",
                "jdbc:postgresql:///shop",
                "jdbc:postgresql://db.example/",
                "jdbc:postgresql://db.example/shop?",
                "jdbc:postgresql://db.example:6432/sh%C3%B6p%20of%3Dmine?user=a%40b&password=s%26cr%25t+x&ssl",
                "jdbc:postgresql://a,b:5433,[::1]:5434/shop?targetServerType=primary&user=me&password=a=b?c@d#e/f:g",
                "jdbc:postgresql://db.example/shöp?password=&user=me&options=-c%20statement_timeout=5000",
                "jdbc:postgresql://db.example/shop?sslmode=verify-full&sslrootcert=/etc/ssl/rds ca.pem&ssl=true&user=iam_role",
                "jdbc:postgresql://db.example/shop?options=-c password_encryption=md5&&passfile=/a/b&sslpassword=x",
            })
    void aDriverLearnsTheSame(String text) {
        DatabaseUrl url = DatabaseUrl.parse(text);
        Properties login = new Properties();
        if (url.user() != null) {
            login.setProperty("user", url.user());
        }
        if (url.password() != null) {
            login.setProperty("password", url.password());
        }

        assertThat(Driver.parseURL(url.url(), login)).isEqualTo(Driver.parseURL(text, new Properties()));
        assertThat(url.url()).doesNotContainPattern("[?&](user|password)=");
    }

    @Test
    void aBlankBeforeOrAfterIsSaid() {
        for (String text : new String[] {" jdbc:postgresql://db.example/shop", "jdbc:postgresql://db.example/shop "}) {
            assertThatThrownBy(() -> DatabaseUrl.parse(text)).hasMessageContaining("a blank");
        }
    }

    @Test
    void aWrapperIsLeftAsItIs() {
        assertThat(DatabaseUrl.parse("jdbc:aws-wrapper:postgresql://db.example/shop?wrapperPlugins=iam&user=me"))
                .isEqualTo(new DatabaseUrl(
                        "jdbc:aws-wrapper:postgresql://db.example/shop?wrapperPlugins=iam", "me", null));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    postgresql://db.example/shop                             | LEAT_DATABASE_PASSWORD
                    postgresql://me:hunter2@db.example/shop                  | as libpq and psql take it
                    postgres://me:hunter2@db.example:5432/shop?sslmode=require | jdbc:postgresql://<host>:<port>/<database>
                    postgres://me:hunt%40er2@db.example/shop                 | without %40
                    Postgres://me:hunter2@db.example/shop                    | LEAT_DATABASE_USERNAME
                    db.example/shop                                          | must be a JDBC URL
                    host=db.example user=me password=hunter2                 | must be a JDBC URL
                    jdbc:postgres://db.example/shop                          | must begin like jdbc:postgresql:
                    JDBC:postgresql://db.example/shop                        | must be a JDBC URL
                    "jdbc:postgresql://db.example/shop?password=hunter2"     | a quote
                    "postgres://me:hunter2@db.example/shop"                  | as libpq and psql take it
                    jdbc:mysql://db.example/shop                             | does not name PostgreSQL
                    jdbc:postgresql://me:hunter2@db.example/shop             | LEAT_DATABASE_PASSWORD
                    jdbc:postgresql:me:hunter2@db.example/shop               | has an @
                    jdbc:postgresql://db.example:hunter2/shop                | has a port
                    jdbc:postgresql://db.example:0/shop                      | has a port
                    jdbc:postgresql://db.example:65536/shop                  | has a port
                    jdbc:postgresql://db.example                             | has no / and database
                    jdbc:postgresql://db!example/shop                        | has a host
                    jdbc:postgresql://db.example/shop/hunter2                | has a database
                    jdbc:postgresql://db.example/shop&password=hunter2       | has a database
                    jdbc:postgresql://db.example/shop;password=hunter2       | has a database
                    jdbc:postgresql://db.example/shop%hunter2                | has a database
                    jdbc:postgresql://db.example/shop%3Fpassword%3Dhunter2   | inside of something else
                    jdbc:postgresql://db.example/me%3Ahunter2%40db.example   | has a database
                    jdbc:postgresql://db.example/shop?user=me?password=hunter2   | inside of something else
                    jdbc:postgresql://db.example/shop?user=me;password=hunter2   | inside of something else
                    jdbc:postgresql://db.example/shop??password=hunter2      | not of the form
                    jdbc:postgresql://db.example/shop?password=a&hunter2     | not of the form
                    jdbc:postgresql://db.example/shop?password=a&amp;user=me | not of the form
                    jdbc:postgresql://db.example/shop?password =hunter2      | not of the form
                    jdbc:postgresql://db.example/shop?Password=hunter2       | in small letters
                    jdbc:postgresql://db.example/shop?pwd=hunter2            | in small letters
                    jdbc:postgresql://db.example/shop?password=hunter2%      | not followed by two
                    jdbc:postgresql://db.example/shop?password=%zzhunter2    | not followed by two
                    """)
    void whatNoDriverWouldUnderstandIsRefusedWithoutBeingRepeated(String text, String why) {
        assertThatThrownBy(() -> DatabaseUrl.parse(text))
                .hasMessageContaining(why)
                .hasMessageNotContaining("hunter2")
                .hasNoCause();
    }

    @Test
    void controlCharactersAreRefused() {
        assertThatThrownBy(() -> DatabaseUrl.parse("jdbc:postgresql://db.example/shop?user=me\n&password=hunter2"))
                .hasMessageContaining("line break")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void aPasswordIsFoundWhereverItStands() {
        assertThat(DatabaseUrl.secretsIn("jdbc:postgresql://db.example/shop?user=a:b@c&sslpassword=x%31&PWD=y"))
                .containsExactly("x%31", "x1", "y");
        assertThat(DatabaseUrl.secretsIn("jdbc:postgresql://me:hun@ter:2@db.example/shop"))
                .containsExactly("hun@ter:2");
        assertThat(DatabaseUrl.secretsIn("postgres://me:hunter%2@db.example/shop"))
                .containsExactly("hunter%2");
        assertThat(DatabaseUrl.secretsIn("jdbc:postgresql://db.example:5432/shop?user=me@x"))
                .isEmpty();
    }
}
