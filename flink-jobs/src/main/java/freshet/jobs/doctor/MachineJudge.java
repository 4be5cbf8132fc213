package freshet.jobs.doctor;

import freshet.jobs.doctor.Answer.Known;
import freshet.jobs.doctor.Answer.Unknown;
import java.util.ArrayList;
import java.util.List;

/** Judges the machine that the doctor runs on: right where the TaskManagers run, or on one like theirs. */
final class MachineJudge {
    private static final int OLDEST_JAVA = 17;
    /** What Flink 2.3 is made for. */
    private static final List<Integer> TESTED_JAVA = List.of(17, 21);

    private static final long MEBIBYTE = 1 << 20;
    private static final long LEAST_HEAP_MEBIBYTES = 512;
    private static final long LEAST_FREE_MEBIBYTES = 2048;
    private static final int LEAST_FREE_PERCENT = 10;

    private MachineJudge() {}

    static List<Finding> judge(MachineFacts machine) {
        List<Finding> findings = new ArrayList<>();
        if (machine.javaFeature() < OLDEST_JAVA) {
            findings.add(Finding.fail("java", machine.javaText(), "17 or 21", "set JAVA_HOME to one"));
        } else if (!TESTED_JAVA.contains(machine.javaFeature())) {
            findings.add(Finding.warn(
                    "java", machine.javaText(), "17 or 21, which Flink 2.3 is made for", "set JAVA_HOME to one"));
        } else {
            findings.add(Finding.ok("java", machine.javaText()));
        }
        if (machine.hasVectorModule()) {
            findings.add(Finding.ok(
                    "java",
                    "has jdk.incubator.vector; TaskManagers load it by --add-modules, as in deploy/flink/config.yaml"));
        } else {
            findings.add(Finding.warn(
                    "java",
                    "no module jdk.incubator.vector",
                    "it in the JDK of the TaskManagers",
                    "use a full JDK; without it the trainer computes the same bits, more slowly"));
        }
        heap(machine, findings);
        findings.add(hugePages(machine));
        return findings;
    }

    private static void heap(MachineFacts machine, List<Finding> findings) {
        long mebibytes = machine.heapBytes() / MEBIBYTE;
        String found =
                mebibytes + " MiB of heap for this process, " + machine.memoryBytes() / MEBIBYTE + " MiB of memory";
        if (machine.heapBytes() > machine.memoryBytes()) {
            findings.add(Finding.fail("memory", found, "less heap than memory", "lower FRESHET_HEAP"));
        } else if (mebibytes < LEAST_HEAP_MEBIBYTES) {
            findings.add(
                    Finding.warn("memory", found, LEAST_HEAP_MEBIBYTES + " MiB of heap or more", "raise FRESHET_HEAP"));
        } else {
            findings.add(Finding.ok("memory", found));
        }
    }

    private static Finding hugePages(MachineFacts machine) {
        String file = "/sys/kernel/mm/transparent_hugepage/enabled";
        if (machine.hugePages().isEmpty()) {
            return Finding.note("huge pages", "not looked at: there is no " + file);
        }
        String word = machine.hugePages().get();
        return word.contains("[madvise]") || word.contains("[always]")
                ? Finding.ok("huge pages", word)
                : Finding.warn(
                        "huge pages",
                        word,
                        "[madvise] or [always]",
                        "echo madvise > " + file
                                + ", and give the TaskManagers -XX:+UseTransparentHugePages: large tables are read faster");
    }

    static Finding judge(String path, Answer<FolderFacts> answer) {
        String subject = "folder " + path;
        if (answer instanceof Unknown<FolderFacts> unknown) {
            return Finding.fail(
                    subject, unknown.reason(), "a folder of this machine", "make it, or name another with --folder");
        }
        FolderFacts facts = ((Known<FolderFacts>) answer).value();
        long free = facts.freeBytes() / MEBIBYTE;
        long percent = facts.totalBytes() == 0 ? 0 : 100 * facts.freeBytes() / facts.totalBytes();
        String found = free + " MiB free, " + percent + " % of the disk";
        if (!facts.isWritable()) {
            return Finding.fail(
                    subject,
                    "that nothing can be written there",
                    "to write",
                    "give this user the right, or free the disk");
        }
        if (free < LEAST_FREE_MEBIBYTES || percent < LEAST_FREE_PERCENT) {
            return Finding.warn(
                    subject,
                    found,
                    LEAST_FREE_MEBIBYTES + " MiB and " + LEAST_FREE_PERCENT + " %",
                    "free some: checkpoints fail on a full disk");
        }
        return Finding.ok(subject, "writable, " + found);
    }
}
