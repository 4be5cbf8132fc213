package freshet.jobs.report;

import freshet.serde.wire.Decimals;

/** Text and numbers as the page writes them. Stateless. */
final class Html {
    /** What stands where there is no value. */
    static final String NOTHING = "–";

    private Html() {}

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** A whole number with a narrow space between thousands. */
    static String count(long number) {
        String digits = Long.toString(Math.abs(number));
        StringBuilder text = new StringBuilder(number < 0 ? "-" : "");
        for (int i = 0; i < digits.length(); i++) {
            if (i > 0 && (digits.length() - i) % 3 == 0) {
                text.append('\u202f');
            }
            text.append(digits.charAt(i));
        }
        return text.toString();
    }

    /** A number with up to so many decimals; a dash for one that is not finite. */
    static String number(double value, int decimals) {
        return Double.isFinite(value) ? Decimals.text(value, decimals) : NOTHING;
    }

    /** A row of cells, all {@code td}, that are HTML already. */
    static String row(String... cells) {
        return "<tr><td>" + String.join("</td><td>", cells) + "</td></tr>\n";
    }

    /** A header row; names are escaped. */
    static String header(String... names) {
        StringBuilder header = new StringBuilder("<tr>");
        for (String name : names) {
            header.append("<th>").append(escape(name)).append("</th>");
        }
        return header.append("</tr>\n").toString();
    }
}
