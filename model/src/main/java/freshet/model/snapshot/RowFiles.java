package freshet.model.snapshot;

import freshet.model.spec.TableSpec;
import freshet.model.table.InitialValues;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.SafeTensors;
import freshet.serde.snapshot.SnapshotFile;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The rows of a snapshot or a delta as files {@code rows-00000.safetensors} and so on. In each file, for every table T that has
 * rows in it: {@code T.ids [rows]}, ascending, and {@code T.rows [rows, width]}, weights only, no optimizer slots; in a delta
 * also {@code T.removed [ids]}, ascending, the ids that have no row any more. A table goes on in the next file where one is
 * full, so that no file needs more than {@link #MAX_ROW_BYTES} of memory, however long the table is.
 */
final class RowFiles {
    /** A file is closed with the row that passes this. */
    static final long MAX_ROW_BYTES = 64L << 20;

    private static final String PREFIX = "rows-";
    private static final String SUFFIX = ".safetensors";

    private RowFiles() {}

    private static String name(int index) {
        return String.format(Locale.ROOT, "%s%05d%s", PREFIX, index, SUFFIX);
    }

    /** Whether a file holds rows. */
    static boolean isName(String name) {
        return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
    }

    /** Takes rows, table after table and ascending by id, and gives files as they fill. One at least. One thread. */
    static final class Writer {
        private final Consumer<SnapshotFile> out;
        private final long maxBytes;
        private SafeTensors.Writer file = new SafeTensors.Writer();
        private final LongArrayList ids = new LongArrayList();
        private final FloatArrayList rows = new FloatArrayList();
        private final LongArrayList removed = new LongArrayList();
        private long bytes;
        private int files;

        Writer(Consumer<SnapshotFile> out) {
            this(out, MAX_ROW_BYTES);
        }

        Writer(Consumer<SnapshotFile> out, long maxBytes) {
            this.out = out;
            this.maxBytes = maxBytes;
        }

        /** @throws IllegalStateException when a weight is not finite: servers would refuse it, so it is not sent */
        void row(TableSpec table, long id, float[] weights) {
            for (int i = 0; i < table.width(); i++) {
                if (!Float.isFinite(weights[i])) {
                    throw new IllegalStateException("writing the rows of table " + table.name() + ": weight " + i
                            + " of id " + id + " is not finite; the trainer has diverged, roll it back");
                }
            }
            ids.add(id);
            rows.addElements(rows.size(), weights, 0, table.width());
            count(table, Long.BYTES + (long) table.width() * Float.BYTES);
        }

        void removed(TableSpec table, long id) {
            removed.add(id);
            count(table, Long.BYTES);
        }

        private void count(TableSpec table, long more) {
            bytes += more;
            if (bytes >= maxBytes) {
                endTable(table);
                endFile();
            }
        }

        /** No more rows of this table. */
        void endTable(TableSpec table) {
            if (!ids.isEmpty()) {
                file.add(table.name() + ".ids", ids.toLongArray(), ids.size());
                file.add(table.name() + ".rows", rows.toFloatArray(), ids.size(), table.width());
            }
            if (!removed.isEmpty()) {
                file.add(table.name() + ".removed", removed.toLongArray(), removed.size());
            }
            ids.clear();
            rows.clear();
            removed.clear();
        }

        private void endFile() {
            out.accept(new SnapshotFile(name(files++), file.bytes()));
            file = new SafeTensors.Writer();
            bytes = 0;
        }

        /** No more tables. */
        void end() {
            if (bytes > 0 || files == 0) {
                endFile();
            }
        }
    }

    /**
     * What one file holds of one table.
     *
     * @param ids with rows, ascending
     * @param rows {@code float[ids, width]}, row by row; finite
     * @param removed ids without, ascending
     */
    record Part(long[] ids, float[] rows, long[] removed) {}

    /** The parts of one table in the order of the files. */
    static List<Part> parts(List<SafeTensors> files, TableSpec table) throws BadSnapshotException {
        List<Part> parts = new ArrayList<>();
        for (SafeTensors file : files) {
            long[] ids = longs(file, table.name() + ".ids");
            float[] rows = file.shapes().containsKey(table.name() + ".rows") || ids.length > 0
                    ? file.floats(table.name() + ".rows", ids.length, table.width())
                    : new float[0];
            requireFinite(table, rows);
            parts.add(new Part(ids, rows, longs(file, table.name() + ".removed")));
        }
        requireAscending(table, parts.stream().map(Part::ids).toList());
        requireAscending(table, parts.stream().map(Part::removed).toList());
        return parts;
    }

    /** The files that hold rows, opened; their tensors must be of these tables. */
    static List<SafeTensors> open(List<SnapshotFile> files, List<TableSpec> tables) throws BadSnapshotException {
        Set<String> known = new TreeSet<>();
        for (TableSpec table : tables) {
            known.addAll(List.of(table.name() + ".ids", table.name() + ".rows", table.name() + ".removed"));
        }
        List<SafeTensors> opened = new ArrayList<>();
        for (SnapshotFile file : files) {
            if (isName(file.name())) {
                if (!file.name().equals(name(opened.size()))) {
                    throw new BadSnapshotException("rows: found the file " + file.name() + ", expected "
                            + name(opened.size()) + " as the next");
                }
                SafeTensors tensors = SafeTensors.parse(file.bytes());
                for (String name : tensors.shapes().keySet()) {
                    if (!known.contains(name)) {
                        throw new BadSnapshotException(file.name() + ": found the tensor " + name
                                + ", which belongs to none of the model's tables");
                    }
                }
                opened.add(tensors);
            }
        }
        if (opened.isEmpty()) {
            throw new BadSnapshotException("rows: found no file " + name(0));
        }
        return opened;
    }

    private static long[] longs(SafeTensors file, String name) throws BadSnapshotException {
        if (!file.shapes().containsKey(name)) {
            return new long[0];
        }
        LongBuffer view = file.longs(name);
        long[] longs = new long[view.remaining()];
        view.get(longs);
        return longs;
    }

    private static void requireAscending(TableSpec table, List<long[]> runs) throws BadSnapshotException {
        boolean any = false;
        long last = 0;
        for (long[] run : runs) {
            for (long id : run) {
                if (any && last >= id) {
                    throw new BadSnapshotException("rows of table " + table.name() + ": found id " + id + " behind "
                            + last + ", expected ids ascending and each once");
                }
                any = true;
                last = id;
            }
        }
    }

    private static void requireFinite(TableSpec table, float[] rows) throws BadSnapshotException {
        FloatBuffer values = FloatBuffer.wrap(rows);
        while (values.hasRemaining()) {
            if (!Float.isFinite(values.get())) {
                throw new BadSnapshotException("rows of table " + table.name() + ": found a weight that is not finite"
                        + " in row " + (values.position() - 1) / table.width() + "; the trainer has diverged");
            }
        }
    }

    /** All rows of one table as one. */
    static FrozenTable frozen(List<Part> parts, TableSpec table, InitialValues initial) throws BadSnapshotException {
        if (parts.size() == 1) {
            return new FrozenTable(parts.get(0).ids(), parts.get(0).rows(), table.width(), initial);
        }
        long count = parts.stream().mapToLong(part -> part.ids().length).sum();
        if (count * table.width() > Integer.MAX_VALUE - 8) {
            throw new BadSnapshotException("rows of table " + table.name() + ": found " + count + " rows of "
                    + table.width() + " weights, this reader holds up to 2^31 weights of one table");
        }
        long[] ids = new long[(int) count];
        float[] rows = new float[(int) count * table.width()];
        int at = 0;
        for (Part part : parts) {
            System.arraycopy(part.ids(), 0, ids, at, part.ids().length);
            System.arraycopy(part.rows(), 0, rows, at * table.width(), part.rows().length);
            at += part.ids().length;
        }
        return new FrozenTable(ids, rows, table.width(), initial);
    }
}
