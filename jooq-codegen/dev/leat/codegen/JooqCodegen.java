package dev.leat.codegen;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.ForcedType;
import org.jooq.meta.jaxb.Generate;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Target;
import org.jspecify.annotations.NullMarked;

/**
 * Generates {@code dev.leat.jooq.generated} from a migrated database. The sources are committed; {@code GeneratedSourcesTest}
 * generates them anew and compares, and writes them with {@code mvn test -Dtest=GeneratedSourcesTest -Dleat.regenerate=true}.
 */
@NullMarked
public final class JooqCodegen {

    public static final String PACKAGE = "dev.leat.jooq.generated";

    private JooqCodegen() {}

    /**
     * @param url a migrated database
     * @param directory the root of a source tree
     */
    public static void generate(String url, String user, String password, Path directory) throws Exception {
        GenerationTool.generate(new Configuration()
                .withJdbc(new Jdbc()
                        .withDriver("org.postgresql.Driver")
                        .withUrl(url)
                        .withUser(user)
                        .withPassword(password))
                .withGenerator(new Generator()
                        .withDatabase(new Database()
                                .withName("org.jooq.meta.postgres.PostgresDatabase")
                                .withInputSchema("leat_poller")
                                .withIncludes("lane|poller|quarantine")
                                .withIncludeRoutines(false)
                                // The images are passed through as text: no JSON object of anybody's in between.
                                .withForcedTypes(new ForcedType()
                                        .withName("VARCHAR")
                                        .withIncludeTypes("json|\"char\"|char|regclass")))
                        .withGenerate(new Generate()
                                .withComments(false)
                                .withRecords(false)
                                .withGlobalCatalogReferences(false)
                                .withGlobalIndexReferences(false)
                                .withGlobalKeyReferences(false)
                                .withKeys(false)
                                .withIndexes(false)
                                .withJavadoc(false)
                                .withGeneratedAnnotation(false))
                        .withTarget(new Target()
                                .withPackageName(PACKAGE)
                                .withDirectory(directory.toString())
                                .withClean(true))));
        forgetTheJdk(directory.resolve(PACKAGE.replace('.', '/')));
    }

    /** On newer JDKs the generator suppresses a warning more. */
    private static void forgetTheJdk(Path generated) throws IOException {
        try (var files = Files.walk(generated)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.writeString(file, Files.readString(file).replace(", \"this-escape\"", ""));
            }
        }
    }
}
