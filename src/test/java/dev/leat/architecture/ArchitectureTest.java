package dev.leat.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.zaxxer.hikari.HikariDataSource;
import dev.leat.LeatPoller;
import dev.leat.config.TablesFile;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.poller.PollerRuntime;
import dev.leat.poller.StreamCheck;
import dev.leat.poller.StreamUnusable;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class ArchitectureTest {

    private static final List<String> STAGES = List.of("outbox", "shape", "kinesis");

    private static final JavaClasses LEAT = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.leat");

    /** What an application starts: it hands on to the insides, and nothing inside knows it. */
    private static final DescribedPredicate<JavaClass> THE_FACADE =
            JavaClass.Predicates.belongToAnyOf(LeatPoller.class);

    /** All of a poller's package but what wires it, and what looks at a stream before it starts. */
    private static final DescribedPredicate<JavaClass> THE_LOOP = resideInAPackage("dev.leat.poller")
            .and(DescribedPredicate.not(
                    JavaClass.Predicates.belongToAnyOf(PollerRuntime.class, StreamCheck.class, StreamUnusable.class)));

    @Test
    void onlyTheDemoKnowsTheFacade() {
        noClasses()
                .that(DescribedPredicate.not(THE_FACADE).and(DescribedPredicate.not(resideInAPackage("dev.leat.demo"))))
                .should()
                .dependOnClassesThat(THE_FACADE)
                .check(LEAT);
    }

    @Test
    void theVocabularyKnowsTheJdkAndSettings() {
        classes()
                .that(resideInAPackage("dev.leat").and(DescribedPredicate.not(THE_FACADE)))
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("dev.leat", "dev.leat.settings", "java..", "org.jspecify.."))
                .check(LEAT);
    }

    @Test
    void theInterfacesBetweenStagesKnowTheVocabularyAlone() {
        classes()
                .that(resideInAPackage("dev.leat.pipeline"))
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("dev.leat.pipeline", "dev.leat", "java..", "org.jspecify.."))
                .check(LEAT);
    }

    @Test
    void settingsKnowTheJdkAlone() {
        classes()
                .that(resideInAPackage("dev.leat.settings"))
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage("dev.leat.settings", "java..", "org.jspecify.."))
                .check(LEAT);
    }

    @Test
    void whatConsumersUseKnowsTheJdkAloneAndPollersDoNotKnowIt() {
        classes()
                .that(resideInAPackage("dev.leat.consume"))
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage("dev.leat.consume", "java..", "org.jspecify.."))
                .andShould()
                .onlyHaveDependentClassesThat(
                        resideInAnyPackage("dev.leat.consume", "dev.leat.reconcile", "dev.leat.demo"))
                .check(LEAT);
    }

    @Test
    void stagesKnowTheVocabularyAndNothingElseOfLeat() {
        for (String stage : STAGES) {
            String own = "dev.leat." + stage;
            noClasses()
                    .that(resideInAPackage(own))
                    .should()
                    .dependOnClassesThat(leatOutside("dev.leat", "dev.leat.pipeline", own, "dev.leat.jooq.generated.."))
                    .check(LEAT);
        }
    }

    @Test
    void theLoopSeesPortsOnly() {
        noClasses()
                .that(THE_LOOP)
                .should()
                .dependOnClassesThat(leatOutside("dev.leat", "dev.leat.pipeline", "dev.leat.poller")
                        .or(resideInAPackage("software.amazon.awssdk..")))
                .orShould()
                .dependOnClassesThat(JavaClass.Predicates.belongToAnyOf(
                        PollerRuntime.class, StreamCheck.class, StreamUnusable.class))
                .check(LEAT);
    }

    @Test
    void onlyWhoWiresAPollerReachesIntoSeveralStages() {
        for (String stage : STAGES) {
            classes()
                    .that(resideInAPackage("dev.leat." + stage))
                    .should()
                    .onlyHaveDependentClassesThat(resideInAnyPackage(
                            "dev.leat." + stage, "dev.leat", "dev.leat.app..", "dev.leat.poller", "dev.leat.demo"))
                    .check(LEAT);
        }
    }

    /** A poller does not load it. */
    @Test
    void jooqStaysInWhatTheCommandLineAsksOfTheDatabase() {
        noClasses()
                .that(DescribedPredicate.not(
                        resideInAnyPackage("dev.leat.admin", "dev.leat.doctor", "dev.leat.status", "dev.leat.jooq..")))
                .should()
                .dependOnClassesThat(resideInAPackage("org.jooq.."))
                .check(LEAT);
    }

    /** A connection of any other data source runs its statements on the session's own search_path. */
    @Test
    void connectionsArePinnedOrAreTheClaimsOrTheDemosOwn() {
        noClasses()
                .that(DescribedPredicate.not(
                        resideInAnyPackage("dev.leat.database", "dev.leat.outbox", "dev.leat.demo")))
                .should()
                .callMethod(DataSource.class, "getConnection")
                .orShould()
                .callMethod(HikariDataSource.class, "getConnection")
                .orShould()
                .callMethod(PGSimpleDataSource.class, "getConnection")
                .orShould()
                .callMethod(DriverManager.class, "getConnection", String.class)
                .check(LEAT);
    }

    @Test
    void whatTheCommandLineAsksOfTheDatabaseIsNoPartOfAPoller() {
        classes()
                .that(resideInAnyPackage("dev.leat.admin", "dev.leat.doctor", "dev.leat.status"))
                .should()
                .onlyHaveDependentClassesThat(
                        resideInAnyPackage("dev.leat.admin", "dev.leat.doctor", "dev.leat.status", "dev.leat.app.."))
                .check(LEAT);
    }

    @Test
    void theSchemaAndMaintenanceKnowNeitherEachOtherNorTheCommandLine() {
        for (String own : List.of("dev.leat.schema", "dev.leat.maintenance")) {
            noClasses()
                    .that(resideInAPackage(own))
                    .should()
                    .dependOnClassesThat(leatOutside("dev.leat", "dev.leat.pipeline", "dev.leat.database", own))
                    .check(LEAT);
        }
    }

    @Test
    void theDatabasesConnectionsKnowNothingOfLeatButHowItsFailureIsCalled() {
        noClasses()
                .that(resideInAPackage("dev.leat.database"))
                .should()
                .dependOnClassesThat(leatOutside("dev.leat.database")
                        .and(DescribedPredicate.not(JavaClass.Predicates.belongToAnyOf(DatabaseUnavailable.class))))
                .check(LEAT);
    }

    @Test
    void theAwsSdkStaysInKinesisAndWhereItIsWired() {
        noClasses()
                .that(DescribedPredicate.not(THE_FACADE.or(resideInAnyPackage(
                        "dev.leat.kinesis",
                        "dev.leat.reconcile",
                        "dev.leat.app..",
                        "dev.leat.poller",
                        "dev.leat.demo"))))
                .should()
                .dependOnClassesThat(resideInAPackage("software.amazon.awssdk.."))
                .check(LEAT);
    }

    @Test
    void theLocalStreamKnowsNothingOfLeatAndTheProductNothingOfIt() {
        noClasses()
                .that(resideInAPackage("dev.leat.localstream.."))
                .should()
                .dependOnClassesThat(leatOutside("dev.leat.localstream.."))
                .check(LEAT);
        noClasses()
                .that(DescribedPredicate.not(resideInAnyPackage("dev.leat.localstream..", "dev.leat.demo..")))
                .should()
                .dependOnClassesThat(resideInAnyPackage("dev.leat.localstream..", "dev.leat.demo..", "io.zonky.."))
                .check(LEAT);
    }

    /** What only the command line needs is an optional dependency: a library without it works. */
    @Test
    void optionalDependenciesStayInTheCommandLine() {
        noClasses()
                .that(DescribedPredicate.not(
                        resideInAnyPackage("dev.leat.app..", "dev.leat.demo..", "dev.leat.localstream..")
                                .or(JavaClass.Predicates.belongToAnyOf(TablesFile.class))))
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "picocli..",
                        "com.fasterxml.jackson.dataformat.yaml..",
                        "org.yaml..",
                        "software.amazon.awssdk.services.sts..",
                        "software.amazon.awssdk.services.sso..",
                        "software.amazon.awssdk.services.ssooidc.."))
                .check(LEAT);
    }

    /** What is decided by time is decided by the monotonic clock, which nobody sets: deadlines, pauses, intervals. */
    @Test
    void whatPublishesDoesNotAskForTheTimeOfDay() {
        noClasses()
                .that(resideInAnyPackage("dev.leat", "dev.leat.pipeline", "dev.leat.outbox", "dev.leat.kinesis")
                        .or(THE_LOOP)
                        // A signature has the time of day in it.
                        .and(DescribedPredicate.not(nameStartingWith("dev.leat.kinesis.DirectPutRecords"))))
                .should()
                .dependOnClassesThat(type(Clock.class))
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .check(LEAT);
    }

    @Test
    void noArrowGoesBack() {
        slices().matching("dev.leat.(*)..").should().beFreeOfCycles().check(LEAT);
    }

    @Test
    void thereIsNoUtilityPackage() {
        assertThat(LEAT.stream().map(JavaClass::getPackageName).distinct())
                .noneMatch(name -> name.matches(".*\\.(util|utils|common|helper|misc)(\\..*)?"));
    }

    /** A reader finds by the names alone which file does what. */
    @Test
    void noNameStandsForTwoThings() {
        assertThat(product()
                        .map(JavaClass::getSimpleName)
                        // Every Java programmer knows what the first is; of the other, each package has one.
                        .filter(name -> !List.of("", "Builder", "package-info").contains(name)))
                .doesNotHaveDuplicates();
    }

    @Test
    void packagesHaveFewFiles() {
        assertThat(product()
                        .filter(JavaClass::isTopLevelClass)
                        .collect(groupingBy(JavaClass::getPackageName, counting())))
                .allSatisfy((name, files) -> assertThat(files).as(name).isLessThanOrEqualTo(25));
    }

    /** What is in src/main, written by hand: jOOQ's classes are called what the schema's tables are called. */
    private static Stream<JavaClass> product() {
        return LEAT.stream()
                .filter(resideInAnyPackage("dev.leat.demo", "dev.leat.localstream", "dev.leat.jooq.generated..")
                        .negate());
    }

    private static DescribedPredicate<JavaClass> leatOutside(String... allowed) {
        return resideInAPackage("dev.leat..").and(DescribedPredicate.not(resideInAnyPackage(allowed)));
    }
}
