package freshet.jobs.bench;

import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/**
 * The gauges of the job in this process by name, so that a benchmark can read one in the moment it wants and not some seconds
 * later over REST. Flink makes it by name; one job and one subtask a process, or the last one stands. Safe on any thread.
 */
public final class Gauges implements MetricReporter, MetricReporterFactory {
    private static final Map<String, Gauge<?>> BY_NAME = new ConcurrentHashMap<>();

    /** What a gauge says now; 0 for one that is not there. */
    static double value(String name) {
        Gauge<?> gauge = BY_NAME.get(name);
        return gauge != null && gauge.getValue() instanceof Number number ? number.doubleValue() : 0;
    }

    @Override
    public MetricReporter createMetricReporter(Properties properties) {
        return this;
    }

    @Override
    public void open(MetricConfig config) {}

    @Override
    public void close() {}

    @Override
    public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
        if (metric instanceof Gauge<?> gauge) {
            BY_NAME.put(name, gauge);
        }
    }

    @Override
    public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {}
}
