package dev.leat.dms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamePatternTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            %          | orders     | true
            %          | ''         | true
            orders     | orders     | true
            orders     | orders2    | false
            orders     | Orders     | false
            ord%       | orders     | true
            %ers       | orders     | true
            %rd%       | orders     | true
            %rd%       | rd         | true
            o%r%s      | orders     | true
            o%x%s      | orders     | false
            user_log   | user_log   | true
            user_log   | userXlog   | true
            user_log   | userlog    | false
            user[_]log | user_log   | true
            user[_]log | userXlog   | false
            t[ab]      | ta         | true
            t[ab]      | tc         | false
            t[ab]      | t          | false
            t[a-d]x    | tdx        | true
            t[a-d]x    | tex        | false
            t[a-cx0-9] | t7         | true
            t[a-cx0-9] | tx         | true
            t[a-cx0-9] | td         | false
            t[a-]      | t-         | true
            [%]        | %          | true
            [%]        | a          | false
            a]         | a]         | true
            %%         | a          | true
            _          | 𝒳          | true
            a.c        | abc        | false
            AUD$%      | AUD$X      | true
            %public    | app_public | true
            %public    | public_x   | false
            """)
    void wildcardsMatchAsDmsSays(String pattern, String name, boolean matches) {
        assertThat(NamePattern.of(pattern).matches(name)).isEqualTo(matches);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a[b", "[", "a[]", "t[d-a]"})
    void whatCannotBeReadIsSaid(String pattern) {
        assertThatThrownBy(() -> NamePattern.of(pattern))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + pattern + "\"")
                .hasMessageContaining(":");
    }

    @Test
    void aNameWithAnUnderscoreIsThatName() {
        assertThat(NamePattern.of("user_log").names("user_log")).isTrue();
        assertThat(NamePattern.of("user_log").names("userXlog")).isFalse();
        assertThat(NamePattern.of("user[_]log").name()).isEqualTo("user_log");
        assertThat(NamePattern.of("user%").name()).isNull();
        assertThat(NamePattern.of("t[ab]").name()).isNull();
        assertThat(NamePattern.exactly("100%_").matches("100%_")).isTrue();
        assertThat(NamePattern.exactly("100%_").matches("100xx")).isFalse();
    }

    @Test
    void manyWildcardsTakeNoLongerThanOne() {
        NamePattern pattern = NamePattern.of("%a".repeat(40) + "%b");
        String name = "a".repeat(5_000);
        assertThat(assertTimeoutPreemptively(Duration.ofSeconds(20), () -> pattern.matches(name)))
                .isFalse();
    }

    /** Against regular expressions, of which the sets and the wildcards are written otherwise. */
    @Test
    void patternsMatchWhatEqualRegularExpressionsMatch() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder pattern = new StringBuilder();
            StringBuilder expression = new StringBuilder();
            for (int part = random.nextInt(6); part >= 0; part--) {
                switch (random.nextInt(5)) {
                    case 0 -> add(pattern, expression, "%", ".*");
                    case 1 -> add(pattern, expression, "_", ".");
                    case 2 -> add(pattern, expression, "[ab]", "[ab]");
                    case 3 -> add(pattern, expression, "[b-c]", "[b-c]");
                    default -> add(pattern, expression, "a", "a");
                }
            }
            String name = random.ints(random.nextInt(8), 'a', 'd')
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            assertThat(NamePattern.of(pattern.toString()).matches(name))
                    .as("%s of %s, seed %d", pattern, name, seed)
                    .isEqualTo(Pattern.matches(expression.toString(), name));
        }
    }

    private static void add(StringBuilder pattern, StringBuilder expression, String wildcard, String regular) {
        pattern.append(wildcard);
        expression.append(regular);
    }
}
