package freshet.jobs.dataset;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * A CSV file with a header line, plain or gzip; which of the two is told by its first bytes, not by its name. Rows come in
 * file order; a row that cannot be read goes to {@link BadRows} and the reading goes on.
 */
final class CsvFile {
    private static final CSVFormat FORMAT =
            CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();

    private final Path path;

    CsvFile(Path path) {
        this.path = path;
    }

    /**
     * Hands over every good row.
     *
     * @param required columns without which this is the wrong file; others may stand beside them, in any order
     * @param bad takes the rows for which {@code use} throws {@link BadRowException}
     * @return how many rows the file has, good and bad
     */
    long forEachRow(List<String> required, BadRows bad, Consumer<Row> use) {
        long rows = 0;
        try (CSVParser parser = CSVParser.parse(open(), FORMAT)) {
            List<String> missing = new ArrayList<>(required);
            missing.removeAll(parser.getHeaderNames());
            if (!missing.isEmpty()) {
                throw new ImportException("reading " + path + ": found the columns "
                        + String.join(",", parser.getHeaderNames()) + "; expected also " + String.join(",", missing)
                        + ". Is it the right file for this option?");
            }
            for (CSVRecord fields : parser) {
                rows++;
                try {
                    if (!fields.isConsistent()) {
                        throw new BadRowException("found " + fields.size() + " fields, expected "
                                + parser.getHeaderNames().size());
                    }
                    use.accept(new Row(parser.getHeaderNames(), fields));
                } catch (BadRowException e) {
                    bad.add(path.getFileName() + " row " + rows + ": " + e.getMessage());
                }
            }
        } catch (NoSuchFileException e) {
            throw new ImportException("reading " + path + ": there is no such file");
        } catch (IOException | UncheckedIOException e) {
            throw new ImportException("reading " + path + " after row " + rows + ": " + e.getMessage());
        }
        return rows;
    }

    private Reader open() throws IOException {
        InputStream raw = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
        raw.mark(2);
        boolean gzip = raw.read() == 0x1f && raw.read() == 0x8b;
        raw.reset();
        InputStream text = gzip ? new GZIPInputStream(raw, 1 << 16) : raw;
        return new BufferedReader(new InputStreamReader(text, StandardCharsets.UTF_8), 1 << 16);
    }

    /** One row; fields by column name. Every reader says what it expected when it finds something else. */
    static final class Row {
        private final List<String> columns;
        private final CSVRecord fields;

        private Row(List<String> columns, CSVRecord fields) {
            this.columns = columns;
            this.fields = fields;
        }

        List<String> columns() {
            return columns;
        }

        /** The field without surrounding blanks; empty where the file has nothing. */
        String text(String column) {
            return fields.get(column).strip();
        }

        String requiredText(String column) {
            String value = text(column);
            if (value.isEmpty()) {
                throw new BadRowException(column + ": found nothing, expected an id");
            }
            return value;
        }

        /** A whole number that is not negative. */
        long count(String column) {
            String value = text(column);
            try {
                long number = Long.parseLong(value);
                if (number >= 0) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below, together with the negative ones.
            }
            throw new BadRowException(column + ": found '" + value + "', expected a whole number, 0 or more");
        }

        /** A yes or no, written 1 or 0. */
        boolean flag(String column) {
            String value = text(column);
            if (!value.equals("0") && !value.equals("1")) {
                throw new BadRowException(column + ": found '" + value + "', expected 0 or 1");
            }
            return value.equals("1");
        }

        /** A finite decimal number. */
        float number(String column) {
            String value = text(column);
            try {
                float number = Float.parseFloat(value);
                if (Float.isFinite(number)) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Said below, together with NaN and the infinite ones.
            }
            throw new BadRowException(column + ": found '" + value + "', expected a number");
        }
    }

    /** A row that cannot be used: what was found and what was expected. */
    static final class BadRowException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BadRowException(String message) {
            super(message, null, false, false);
        }
    }
}
