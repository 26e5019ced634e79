package dev.leat.packaged;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.LeatProcess;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

class PackagedJarIT {

    private static List<String> entries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream().map(ZipEntry::getName).toList();
        }
    }

    @Test
    void theJarCarriesNeitherADatabaseNorTheLocalStreamNorTheDemo() throws IOException {
        assertThat(entries(LeatProcess.JAR))
                .contains("dev/leat/app/Main.class", "dev/leat/migration/V1__outbox.sql")
                .noneMatch(name -> name.startsWith("dev/leat/demo/"))
                .noneMatch(name -> name.startsWith("dev/leat/localstream/"))
                .noneMatch(name -> name.startsWith("io/zonky/"))
                .noneMatch(name -> name.endsWith(".txz") || name.endsWith(".so") && name.contains("postgres"))
                .noneMatch(name -> name.startsWith("org/testcontainers/") || name.startsWith("org/junit/"));
    }

    @Test
    void theJarHasNoPlaceWhereAnApplicationsOwnMigrationsAreFound() throws IOException {
        assertThat(entries(LeatProcess.JAR)).noneMatch(name -> name.startsWith("db/migration/"));
    }

    @Test
    void theJarStaysUnderFortyMegabytes() throws IOException {
        assertThat(Files.size(LeatProcess.JAR)).isLessThan(40_000_000);
    }

    @Test
    void theJarSaysItsVersion() throws IOException {
        try (JarFile file = new JarFile(LeatProcess.JAR.toFile())) {
            Attributes manifest = Objects.requireNonNull(file.getManifest()).getMainAttributes();
            assertThat(manifest.getValue(Attributes.Name.MAIN_CLASS)).isEqualTo("dev.leat.app.Main");
            assertThat(manifest.getValue(Attributes.Name.IMPLEMENTATION_VERSION))
                    .isNotBlank();
        }
    }

    @Test
    void theDemosJarCarriesWhatTheDemoNeeds() throws IOException {
        assertThat(entries(LeatProcess.DEMO_JAR))
                .contains(
                        "dev/leat/demo/Demo.class", "dev/leat/demo/shop.sql", "dev/leat/localstream/LocalStream.class")
                .anyMatch(name -> name.endsWith(".txz"));
    }

    @Test
    void aConsumerNeedsItsOwnJarAndTheJdk() throws Exception {
        Path jar = Path.of("target", "leat-library-consumer.jar");
        assertThat(entries(jar))
                .filteredOn(name -> name.endsWith(".class"))
                .isNotEmpty()
                .allMatch(name -> name.startsWith("dev/leat/consume/"));
        try (URLClassLoader alone =
                new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            Class<?> deduplicator = alone.loadClass("dev.leat.consume.Deduplicator");
            Object consumer = deduplicator.getConstructor().newInstance();
            byte[] event = "{\"source\":{\"name\":\"shop\",\"partition_key\":\"public.t.1\",\"id\":7}}".getBytes(UTF_8);
            Method first = deduplicator.getMethod("first", byte[].class);
            assertThat(first.invoke(consumer, (Object) event)).isEqualTo(true);
            assertThat(first.invoke(consumer, (Object) event)).isEqualTo(false);
        }
    }
}
