package dev.leat.tour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each promise names the test that shows it, and this test must exist. */
class GuaranteesTest {

    private static final Pattern NAMED = Pattern.compile("([A-Z]\\w+(?:Test|IT))(?:\\.(\\w+))?");

    @Test
    void everyTestThatTheGuaranteesNameExists() throws IOException {
        Map<String, String> tests = new HashMap<>();
        try (var files = Files.walk(Path.of("src", "test", "java"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                tests.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        List<MatchResult> named = NAMED.matcher(Files.readString(Path.of("docs", "guarantees.md")))
                .results()
                .toList();
        assertThat(named).hasSizeGreaterThan(10);
        for (MatchResult name : named) {
            assertThat(tests).containsKey(name.group(1));
            if (name.group(2) != null) {
                assertThat(tests.get(name.group(1))).contains("void " + name.group(2) + "(");
            }
        }
    }
}
