package freshet.features.history;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.Arrays;
import java.util.List;

/**
 * A small table from a hashed id to a few numbers, ordered by when each id was last met, so that the oldest can be forgotten:
 * flat arrays, searched from the newest end. A few hundred rows are searched faster than a hash map of boxed keys is read, and
 * stored as they lie.
 *
 * <p>Rows live in {@code [start, end)} of the arrays; forgetting the oldest moves {@code start}, and the arrays are moved down
 * only when {@code end} meets their length. Rows are numbered from 0, the oldest. One owner, one thread.
 */
final class ScopeTable {
    static final long[] NO_LINKS = {};
    private static final int FIRST_CAPACITY = 8;
    private static final int OVERHEAD_BYTES = 200;
    private static final int LINK_BYTES = 40;

    private final String scope;
    private Column[] columns;
    /** Fields whose ids are linked with each row. */
    private String[] linked;

    private long[] keys;
    /** {@code [row][column]}: numbers, times, or the bits of doubles. */
    private long[] values;
    /** {@code [row]}: per linked field the number of hashes, and the hashes; shared, never changed. */
    private long[][] links;

    private int start;
    private int end;

    /** What was looked for last, since one impression asks for the same id several times; unknown after any move. */
    private boolean isFoundKnown;

    private long foundKey;
    private int foundRow;

    ScopeTable(String scope, List<Column> columns, List<String> linked, int rows) {
        this.scope = scope;
        this.columns = columns.toArray(Column[]::new);
        this.linked = linked.toArray(String[]::new);
        int capacity = FIRST_CAPACITY + rows;
        keys = new long[capacity];
        values = new long[capacity * this.columns.length];
        links = this.linked.length == 0 ? new long[0][] : new long[capacity][];
    }

    String scope() {
        return scope;
    }

    /** About what this takes of the heap. */
    long heapBytes() {
        return OVERHEAD_BYTES + Long.BYTES * (long) (keys.length + values.length) + LINK_BYTES * (long) links.length;
    }

    /** As {@link UserHistory#prefetch}. */
    long prefetch() {
        return end == start ? 0 : keys[end - 1] + values[end * columns.length - 1];
    }

    int size() {
        return end - start;
    }

    /** Index of a column, or -1. */
    int column(Column.Kind kind, String of, long halfLifeMillis) {
        for (int i = 0; i < columns.length; i++) {
            Column column = columns[i];
            if (column.kind() == kind
                    && column.halfLifeMillis() == halfLifeMillis
                    && column.of().equals(of)) {
                return i;
            }
        }
        return -1;
    }

    int columns() {
        return columns.length;
    }

    Column columnAt(int index) {
        return columns[index];
    }

    /** Row of a key, or -1. */
    int find(long key) {
        if (!isFoundKnown || foundKey != key) {
            foundKey = key;
            foundRow = search(key);
            isFoundKnown = true;
        }
        return foundRow;
    }

    private int search(long key) {
        for (int i = end - 1; i >= start; i--) {
            if (keys[i] == key) {
                return i - start;
            }
        }
        return -1;
    }

    long value(int row, int column) {
        return values[(start + row) * columns.length + column];
    }

    void set(int row, int column, long value) {
        values[(start + row) * columns.length + column] = value;
    }

    long[] links(int row) {
        return linked.length == 0 ? NO_LINKS : links[start + row];
    }

    /** Where the hashes of a linked field begin in {@link #links}: at the place of their number. -1 if it is not linked. */
    int linksOf(String field, long[] ofRow) {
        int at = 0;
        for (String name : linked) {
            if (name.equals(field)) {
                return at < ofRow.length ? at : -1;
            }
            at += at < ofRow.length ? 1 + (int) ofRow[at] : 0;
        }
        return -1;
    }

    /** Remembers the ids that feedback to a row counts for; the array is kept where it says something new. */
    void link(int row, long[] hashes) {
        if (!Arrays.equals(links[start + row], hashes)) {
            links[start + row] = hashes;
        }
    }

    /** Makes a key the newest, with nothing known if it was not there, and forgets the oldest beyond {@code maxRows}. */
    int touch(long key, int maxRows) {
        int row = find(key);
        if (row >= 0 && row == size() - 1) {
            return row;
        }
        if (row >= 0) {
            moveToEnd(start + row);
        } else {
            append(key);
        }
        start = Math.max(start, end - maxRows);
        return size() - 1;
    }

    /** A new newest row, of which nothing is known. */
    private void append(long key) {
        isFoundKnown = false;
        if (end == keys.length) {
            makeRoom();
        }
        keys[end] = key;
        for (int column = 0; column < columns.length; column++) {
            values[end * columns.length + column] = columns[column].nothing();
        }
        if (linked.length > 0) {
            links[end] = NO_LINKS;
        }
        end++;
    }

    private void moveToEnd(int index) {
        isFoundKnown = false;
        int after = end - index - 1;
        int width = columns.length;
        long key = keys[index];
        System.arraycopy(keys, index + 1, keys, index, after);
        keys[end - 1] = key;
        for (int column = 0; column < width; column++) {
            // The row travels column by column through one spare number each: no array is made for it.
            long value = values[index * width + column];
            for (int row = index; row < end - 1; row++) {
                values[row * width + column] = values[(row + 1) * width + column];
            }
            values[(end - 1) * width + column] = value;
        }
        if (linked.length > 0) {
            long[] link = links[index];
            System.arraycopy(links, index + 1, links, index, after);
            links[end - 1] = link;
        }
    }

    private void makeRoom() {
        int size = size();
        // A quarter of slack, so that a full table is moved down once in many rows and not for every one.
        int capacity = size + Math.max(FIRST_CAPACITY, size / 4);
        int width = columns.length;
        if (capacity > keys.length) {
            keys = Arrays.copyOfRange(keys, start, start + capacity);
            values = Arrays.copyOfRange(values, start * width, (start + capacity) * width);
            links = linked.length == 0 ? links : Arrays.copyOfRange(links, start, start + capacity);
        } else {
            System.arraycopy(keys, start, keys, 0, size);
            System.arraycopy(values, start * width, values, 0, size * width);
            if (linked.length > 0) {
                System.arraycopy(links, start, links, 0, size);
            }
        }
        start = 0;
        end = size;
    }

    /** Keeps these columns and links from now on: nothing is known of those that are new, and those that are gone are dropped. */
    void align(List<Column> wanted, List<String> wantedLinks) {
        if (Arrays.asList(columns).equals(wanted) && Arrays.asList(linked).equals(wantedLinks)) {
            // The same, but one for all viewers and not one for each.
            wanted.toArray(columns);
            wantedLinks.toArray(linked);
            return;
        }
        ScopeTable aligned = new ScopeTable(scope, wanted, wantedLinks, size());
        for (int row = 0; row < size(); row++) {
            aligned.append(keys[start + row]);
            for (int column = 0; column < aligned.columns.length; column++) {
                Column each = aligned.columns[column];
                int old = column(each.kind(), each.of(), each.halfLifeMillis());
                if (old >= 0) {
                    aligned.set(row, column, value(row, old));
                }
            }
            if (!wantedLinks.isEmpty()) {
                aligned.link(row, linksFor(aligned.linked, links(row)));
            }
        }
        columns = aligned.columns;
        linked = aligned.linked;
        keys = aligned.keys;
        values = aligned.values;
        links = aligned.links;
        start = aligned.start;
        end = aligned.end;
        isFoundKnown = false;
    }

    private long[] linksFor(String[] fields, long[] old) {
        long[] all = new long[fields.length + old.length];
        int size = 0;
        for (String field : fields) {
            int at = linksOf(field, old);
            int count = at < 0 ? 0 : (int) old[at];
            all[size++] = count;
            for (int i = 0; i < count; i++) {
                all[size++] = old[at + 1 + i];
            }
        }
        return Arrays.copyOf(all, size);
    }

    /**
     * Appends the table.
     *
     * @param newestMillis not before any time in it: times are written as their distance from it
     */
    void writeTo(ByteWriter out, long newestMillis) {
        out.writeText(scope);
        out.writeVarLong(columns.length);
        for (Column column : columns) {
            out.writeByte(column.kind().ordinal());
            out.writeText(column.of());
            out.writeVarLong(column.halfLifeMillis());
        }
        out.writeVarLong(linked.length);
        for (String field : linked) {
            out.writeText(field);
        }
        out.writeVarLong(size());
        for (int row = 0; row < size(); row++) {
            out.writeFixedLong(keys[start + row]);
            for (int column = 0; column < columns.length; column++) {
                long value = value(row, column);
                if (columns[column].isDecayed()) {
                    out.writeFixedLong(value);
                } else if (columns[column].isTime()) {
                    out.writeVarLong(value == UserHistory.NEVER ? 0 : 1 + newestMillis - value);
                } else {
                    out.writeVarLong(value);
                }
            }
            writeLinks(links(row), out);
        }
    }

    private void writeLinks(long[] ofRow, ByteWriter out) {
        int at = 0;
        for (int field = 0; field < linked.length; field++) {
            int count = at < ofRow.length ? (int) ofRow[at] : 0;
            out.writeVarLong(count);
            for (int i = 0; i < count; i++) {
                out.writeFixedLong(ofRow[at + 1 + i]);
            }
            at += 1 + count;
        }
    }

    static ScopeTable readFrom(ByteReader in, long newestMillis) {
        String scope = in.readText();
        Column[] columns = new Column[in.readCount(3)];
        Column.Kind[] kinds = Column.Kind.values();
        for (int i = 0; i < columns.length; i++) {
            int kind = in.readByte();
            if (kind >= kinds.length) {
                throw new IllegalStateException("reading a user's history: found a column of kind " + kind
                        + ", expected 0 to " + (kinds.length - 1)
                        + "; the bytes are damaged or of a newer release");
            }
            columns[i] = new Column(kinds[kind], in.readText(), in.readVarLong());
        }
        String[] linked = new String[in.readCount(1)];
        for (int i = 0; i < linked.length; i++) {
            linked[i] = in.readText();
        }
        int rows = in.readCount(Long.BYTES + columns.length + linked.length);
        ScopeTable table = new ScopeTable(scope, List.of(columns), List.of(linked), rows);
        for (int row = 0; row < rows; row++) {
            table.append(in.readFixedLong());
            for (int column = 0; column < columns.length; column++) {
                table.set(row, column, readValue(columns[column], in, newestMillis));
            }
            if (linked.length > 0) {
                table.link(row, readLinks(linked.length, in));
            }
        }
        return table;
    }

    private static long readValue(Column column, ByteReader in, long newestMillis) {
        if (column.isDecayed()) {
            return in.readFixedLong();
        }
        long value = in.readVarLong();
        if (!column.isTime()) {
            return value;
        }
        return value == 0 ? UserHistory.NEVER : newestMillis + 1 - value;
    }

    private static long[] readLinks(int fields, ByteReader in) {
        long[] links = new long[fields];
        int size = 0;
        for (int field = 0; field < fields; field++) {
            int count = in.readCount(Long.BYTES);
            if (links.length < size + 1 + count + fields) {
                links = Arrays.copyOf(links, size + 1 + count + fields);
            }
            links[size++] = count;
            for (int i = 0; i < count; i++) {
                links[size++] = in.readFixedLong();
            }
        }
        return Arrays.copyOf(links, size);
    }
}
