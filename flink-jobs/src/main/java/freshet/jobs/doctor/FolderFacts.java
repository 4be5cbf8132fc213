package freshet.jobs.doctor;

/**
 * A folder on this machine, or why there is none.
 *
 * @param path as it was given
 * @param isWritable whether a file could be written there and taken away again
 * @param freeBytes that this user may still write
 * @param totalBytes of the disk below
 */
record FolderFacts(String path, boolean isWritable, long freeBytes, long totalBytes) {}
