package freshet.jobs.report;

import freshet.serde.wire.Decimals;
import java.util.ArrayList;
import java.util.List;

/**
 * A line chart as one SVG element, sized by its viewBox so that it fills whatever column it stands in. Colours come from the
 * page's style sheet: {@code series-0} to {@code series-7}. Values that are NaN leave a gap. Immutable.
 *
 * @param label what the chart shows, for those who cannot see it
 * @param series the lines, in the order of their colours
 * @param ticks values on the horizontal axis that get a label, ascending
 * @param from left end of the horizontal axis
 * @param to right end; more than {@code from}
 * @param reference a value that gets a dashed horizontal line, such as a calibration of 1; NaN for none
 */
record LineChart(String label, List<Series> series, List<Tick> ticks, double from, double to, double reference) {
    /** One line: points by x, ascending. */
    record Series(String name, List<Point> points, boolean isDashed) {}

    /** A value at a place; NaN for none. */
    record Point(double x, double y) {}

    /** A labelled place on the horizontal axis. */
    record Tick(double x, String label) {}

    private static final int WIDTH = 400;
    private static final int HEIGHT = 220;
    private static final int LEFT = 44;
    private static final int RIGHT = 20;
    private static final int TOP = 10;
    private static final int BOTTOM = 24;
    private static final int Y_TICKS = 4;
    /** The finest vertical axis: lines a thousandth apart, also where all values are the same. */
    private static final double LEAST_SPAN = Y_TICKS * 1e-3;
    /** What the finest steps, 0.001 and 0.0025, take to have labels of their own. */
    private static final int Y_DECIMALS = 4;

    /** Colours after which they begin again. */
    static final int COLOURS = 8;

    String svg() {
        double[] range = range();
        StringBuilder svg = new StringBuilder(4096);
        svg.append("<svg viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT);
        svg.append("\" role=\"img\" aria-label=\"").append(Html.escape(label)).append("\">");
        appendGrid(svg, range);
        if (!Double.isNaN(reference)) {
            appendHorizontal(svg, y(reference, range), "reference");
        }
        for (int i = 0; i < series.size(); i++) {
            appendSeries(svg, series.get(i), i % COLOURS, range);
        }
        return svg.append("</svg>").toString();
    }

    /** Bottom, top and step of the vertical axis: round numbers around all values. */
    private double[] range() {
        double low = Double.isNaN(reference) ? Double.POSITIVE_INFINITY : reference;
        double high = Double.isNaN(reference) ? Double.NEGATIVE_INFINITY : reference;
        for (Series one : series) {
            for (Point point : one.points) {
                if (!Double.isNaN(point.y)) {
                    low = Math.min(low, point.y);
                    high = Math.max(high, point.y);
                }
            }
        }
        if (low > high) {
            return new double[] {0, 1, 0.25};
        }
        double step = roundStep(Math.max(high - low, LEAST_SPAN) / Y_TICKS);
        double bottom = Math.floor(low / step) * step;
        double top = Math.ceil(high / step) * step;
        return new double[] {bottom, top > bottom ? top : bottom + step, step};
    }

    /** The smallest of 1, 2, 2.5 and 5 times a power of ten that is not less. */
    private static double roundStep(double atLeast) {
        double power = 1e-6;
        while (power * 10 <= atLeast) {
            power *= 10;
        }
        for (double times : new double[] {1, 2, 2.5, 5}) {
            if (power * times >= atLeast) {
                return power * times;
            }
        }
        return power * 10;
    }

    private void appendGrid(StringBuilder svg, double[] range) {
        int lines = (int) Math.round((range[1] - range[0]) / range[2]);
        for (int i = 0; i <= lines; i++) {
            double value = range[0] + i * range[2];
            double y = y(value, range);
            appendHorizontal(svg, y, "grid");
            svg.append("<text class=\"tick\" text-anchor=\"end\" x=\"")
                    .append(LEFT - 6)
                    .append("\" y=\"");
            number(svg, y + 4).append("\">");
            Decimals.append(svg, value, Y_DECIMALS).append("</text>");
        }
        for (Tick tick : ticks) {
            svg.append("<text class=\"tick\" text-anchor=\"middle\" x=\"");
            number(svg, x(tick.x)).append("\" y=\"").append(HEIGHT - 6).append("\">");
            svg.append(Html.escape(tick.label)).append("</text>");
        }
    }

    private static void appendHorizontal(StringBuilder svg, double y, String style) {
        svg.append("<line class=\"").append(style).append("\" x1=\"").append(LEFT);
        svg.append("\" x2=\"").append(WIDTH - RIGHT).append("\" y1=\"");
        number(svg, y).append("\" y2=\"");
        number(svg, y).append("\"/>");
    }

    private void appendSeries(StringBuilder svg, Series one, int colour, double[] range) {
        for (List<Point> stretch : stretches(one.points)) {
            if (stretch.size() == 1) {
                svg.append("<circle class=\"dot series-").append(colour).append("\" r=\"2.5\" cx=\"");
                number(svg, x(stretch.get(0).x)).append("\" cy=\"");
                number(svg, y(stretch.get(0).y, range)).append("\"/>");
                continue;
            }
            svg.append("<polyline class=\"line series-").append(colour);
            svg.append(one.isDashed ? " dashed" : "").append("\" points=\"");
            for (Point point : stretch) {
                number(svg, x(point.x)).append(',');
                number(svg, y(point.y, range)).append(' ');
            }
            svg.append("\"><title>").append(Html.escape(one.name)).append("</title></polyline>");
        }
    }

    /** The points between gaps. */
    private static List<List<Point>> stretches(List<Point> points) {
        List<List<Point>> stretches = new ArrayList<>();
        List<Point> current = new ArrayList<>();
        for (Point point : points) {
            if (Double.isNaN(point.y)) {
                if (!current.isEmpty()) {
                    stretches.add(current);
                    current = new ArrayList<>();
                }
            } else {
                current.add(point);
            }
        }
        if (!current.isEmpty()) {
            stretches.add(current);
        }
        return stretches;
    }

    private double x(double value) {
        return LEFT + (value - from) / (to - from) * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double value, double[] range) {
        return TOP + (range[1] - value) / (range[1] - range[0]) * (HEIGHT - TOP - BOTTOM);
    }

    private static StringBuilder number(StringBuilder svg, double value) {
        return Decimals.append(svg, value, 1);
    }
}
