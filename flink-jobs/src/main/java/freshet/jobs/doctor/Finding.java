package freshet.jobs.doctor;

/**
 * One thing that was looked at.
 *
 * @param grade how bad it is
 * @param subject what was looked at, such as {@code topic freshet.examples}
 * @param text what was found and, where that is not well, what was expected and what to do
 */
public record Finding(Grade grade, String subject, String text) {

    /** How bad it is. */
    public enum Grade {
        OK,
        /** Could not be looked at, or says something worth knowing. */
        NOTE,
        /** Works, until something else happens. */
        WARN,
        /** Does not work, or will lose something. */
        FAIL
    }

    static Finding ok(String subject, String found) {
        return new Finding(Grade.OK, subject, found);
    }

    static Finding note(String subject, String text) {
        return new Finding(Grade.NOTE, subject, text);
    }

    static Finding warn(String subject, String found, String expected, String remedy) {
        return new Finding(Grade.WARN, subject, inWords(found, expected, remedy));
    }

    static Finding fail(String subject, String found, String expected, String remedy) {
        return new Finding(Grade.FAIL, subject, inWords(found, expected, remedy));
    }

    private static String inWords(String found, String expected, String remedy) {
        return "found " + found + ", expected " + expected + "; " + remedy;
    }

    /** The finding as one line of text. */
    public String line() {
        return (grade + "  ").substring(0, 4) + " " + subject + ": " + text.replaceAll("\\s*\\R\\s*", " ");
    }
}
