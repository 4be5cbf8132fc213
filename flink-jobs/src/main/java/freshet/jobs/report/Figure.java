package freshet.jobs.report;

import java.util.List;

/** A chart with its title above, its legend and its numbers below. Stateless. */
final class Figure {
    private Figure() {}

    /**
     * @param meaning a sentence or two; empty for none
     * @param legend names in the order of the colours; empty where a colour is not shown
     * @param numbers rows of a table
     */
    static void append(
            StringBuilder page, String title, String meaning, List<String> legend, LineChart chart, String numbers) {
        page.append("<figure>\n<figcaption><b>").append(Html.escape(title)).append("</b>");
        if (!meaning.isEmpty()) {
            page.append("<span>").append(Html.escape(meaning)).append("</span>");
        }
        page.append("</figcaption>\n").append(chart.svg()).append("\n<p class=\"legend\">");
        for (int i = 0; i < legend.size(); i++) {
            if (!legend.get(i).isEmpty()) {
                page.append("<span>")
                        .append(swatch(i))
                        .append(Html.escape(legend.get(i)))
                        .append("</span> ");
            }
        }
        page.append("</p>\n<details><summary>Numbers</summary><div class=\"scroll\"><table>\n");
        page.append(numbers).append("</table></div></details>\n</figure>\n");
    }

    /** The colour of a line, for those who look for its name. */
    static String swatch(int colour) {
        return "<i class=\"swatch series-" + colour % LineChart.COLOURS + "\"></i>";
    }
}
