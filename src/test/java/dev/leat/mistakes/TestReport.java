package dev.leat.mistakes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/**
 * What became of the tests that were run.
 *
 * @param failures by an assertion
 * @param errors by anything else
 */
record TestReport(int tests, int failures, int errors) {

    /** Adds up Surefire's reports in that directory; none are no tests. */
    static TestReport read(Path directory) throws IOException {
        int tests = 0;
        int failures = 0;
        int errors = 0;
        if (Files.isDirectory(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file :
                        (Iterable<Path>) files.filter(path -> path.toString().endsWith(".xml"))::iterator) {
                    Element suite = suite(file);
                    tests += count(suite, "tests") - count(suite, "skipped");
                    failures += count(suite, "failures");
                    errors += count(suite, "errors");
                }
            }
        }
        return new TestReport(tests, failures, errors);
    }

    private static Element suite(Path file) throws IOException {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(file.toFile())
                    .getDocumentElement();
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException(file + " is not a report", e);
        }
    }

    private static int count(Element suite, String attribute) {
        return Integer.parseInt(suite.getAttribute(attribute));
    }

    boolean passed(int expected) {
        return tests >= expected && failures == 0 && errors == 0;
    }

    boolean failedByAssertion() {
        return failures > 0 && errors == 0;
    }

    String inWords() {
        return tests + " run, " + failures + " failed by an assertion, " + errors + " by an error";
    }
}
