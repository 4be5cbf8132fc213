package freshet.jobs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of the documentation, as far as tests look at it.
 *
 * @param file where it is
 * @param fences its fenced blocks, in order
 * @param prose everything else, a line each
 */
record MarkdownPage(Path file, List<Fence> fences, List<String> prose) {
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    /**
     * A fenced block.
     *
     * @param info what stands behind its first fence: {@code sh}, {@code yaml}; empty where nothing does
     * @param line of its first line in the page, from 1
     */
    record Fence(String info, int line, String text) {

        /** Whether it is a shell's, or says nothing and so may be. */
        boolean mayBeShell() {
            return info.isEmpty() || isShell();
        }

        /** Whether it is a shell's for certain. */
        boolean isShell() {
            return info.equals("sh") || info.startsWith("sh ");
        }
    }

    static MarkdownPage read(Path file) throws IOException {
        List<Fence> fences = new ArrayList<>();
        List<String> prose = new ArrayList<>();
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).startsWith("```")) {
                prose.add(lines.get(i));
                continue;
            }
            String info = lines.get(i).substring(3).strip();
            int first = i + 1;
            do {
                i++;
            } while (!lines.get(i).startsWith("```"));
            fences.add(new Fence(info, first + 1, String.join("\n", lines.subList(first, i)) + "\n"));
        }
        return new MarkdownPage(file, fences, prose);
    }

    /** What its links lead to, but for other sites. */
    List<String> links() {
        List<String> links = new ArrayList<>();
        for (String line : prose) {
            Matcher link = LINK.matcher(line);
            while (link.find()) {
                if (!link.group(1).contains("://")) {
                    links.add(link.group(1));
                }
            }
        }
        return links;
    }

    /** What stands in the text as code. */
    List<String> code() {
        List<String> code = new ArrayList<>();
        Matcher span = CODE.matcher(String.join("\n", prose));
        while (span.find()) {
            code.add(span.group(1).replace('\n', ' '));
        }
        return code;
    }

    /** The names by which a link finds its headings. */
    Set<String> anchors() {
        Set<String> anchors = new TreeSet<>();
        for (String line : prose) {
            if (line.startsWith("#")) {
                anchors.add(line.replaceFirst("^#+\\s*", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 _-]", "")
                        .replace(' ', '-'));
            }
        }
        return anchors;
    }
}
