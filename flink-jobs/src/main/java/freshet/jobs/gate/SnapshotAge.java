package freshet.jobs.gate;

/** How old a snapshot was when an impression was shown: event time since the moment it is as of, in whole hours. */
enum SnapshotAge {
    UNDER_1H("0-1h", 1),
    UNDER_2H("1-2h", 2),
    UNDER_4H("2-4h", 4),
    UNDER_24H("4-24h", 24),
    OLDER("over-24h", Long.MAX_VALUE);

    private static final long HOUR_MILLIS = 3_600_000;

    private final String label;
    private final long underHours;

    SnapshotAge(String label, long underHours) {
        this.label = label;
        this.underHours = underHours;
    }

    /** The name in metrics. */
    String label() {
        return label;
    }

    static SnapshotAge of(long ageMillis) {
        for (SnapshotAge age : values()) {
            if (ageMillis / HOUR_MILLIS < age.underHours) {
                return age;
            }
        }
        return OLDER;
    }
}
