package freshet.jobs.cli;

import picocli.CommandLine.Parameters;

/** {@code VERSION} of commands that are about one snapshot of a deployment. */
final class VersionParameter {
    @Parameters(
            paramLabel = "VERSION",
            description = "Such as 20220425T16Z, or current, previous or canary, as the registry names them.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private String text;

    /** As it was typed: a version or an alias, for {@link SnapshotPlace}. */
    String text() {
        return text;
    }
}
