package freshet.jobs;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import ai.onnxruntime.OrtEnvironment;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import freshet.model.serve.OnnxRuntime;

/** The arrows of the design: serde says what travels, feature-store and model say what it means, flink-jobs moves it. */
@AnalyzeClasses(packages = "freshet", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String FLINK = "org.apache.flink..";
    private static final String KAFKA = "org.apache.kafka..";

    @ArchTest
    static final ArchRule serdeDependsOnNothingOfOurs = noClasses()
            .that()
            .resideInAPackage("freshet.serde..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("freshet.features..", "freshet.model..", "freshet.jobs..", FLINK, KAFKA);

    @ArchTest
    static final ArchRule featuresKnowNeitherModelNorWhatMovesThem = noClasses()
            .that()
            .resideInAPackage("freshet.features..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("freshet.model..", "freshet.jobs..", FLINK);

    @ArchTest
    static final ArchRule modelKnowsNeitherFeaturesNorWhatMovesIt = noClasses()
            .that()
            .resideInAPackage("freshet.model..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("freshet.features..", "freshet.jobs..", FLINK);

    @ArchTest
    static final ArchRule onlyFollowersSpeakToABroker = noClasses()
            .that()
            .resideInAnyPackage("freshet.features..", "freshet.model..")
            .and()
            .resideOutsideOfPackages("freshet.features.online..", "freshet.model.serve..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(KAFKA);

    @ArchTest
    static final ArchRule coresAreFreeOfTheFramework = noClasses()
            .that()
            .haveSimpleNameEndingWith("Core")
            .or()
            .resideInAnyPackage("freshet.jobs.sim..", "freshet.jobs.dataset..", "freshet.jobs.report..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(FLINK, KAFKA);

    @ArchTest
    static final ArchRule nativeMathsIsOfServersTheGateBenchmarksAndTheCommandLine = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "freshet.model.serve..", "freshet.jobs.gate..", "freshet.jobs.bench..", "freshet.jobs.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.onnxruntime..");

    /** Started by itself on a small stack, it takes the JVM with it when the command line is long. */
    @ArchTest
    static final ArchRule onnxRuntimeIsStartedInOnePlace = noClasses()
            .that()
            .doNotBelongToAnyOf(OnnxRuntime.class)
            .should()
            .callMethodWhere(target(owner(type(OrtEnvironment.class))).and(target(name("getEnvironment"))));

    @ArchTest
    static final ArchRule jobsButTheGateDoNotServe = noClasses()
            .that()
            .resideInAnyPackage(
                    "freshet.jobs.train..",
                    "freshet.jobs.guard..",
                    "freshet.jobs.publish..",
                    "freshet.jobs.order..",
                    "freshet.jobs.state..",
                    "freshet.jobs.join..",
                    "freshet.jobs.view..",
                    "freshet.jobs.source..",
                    "freshet.jobs.sink..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("freshet.model.serve..", "freshet.jobs.gate..");

    @ArchTest
    static final ArchRule modulesHaveNoCycles =
            slices().matching("freshet.(*)..").should().beFreeOfCycles();
}
