/** Limits for reading a trail. What this program writes stays far below them. */

/** A line. */
export const LINE_BYTES_MAX = 64 << 20;

/** A closed file, compressed or not. Files are closed at 16 MiB. */
export const SEGMENT_BYTES_MAX = 256 << 20;

/** A small file of ours: a checkpoint, a key, the state of a sink. */
export const SMALL_BYTES_MAX = 1 << 20;

/** How deep an event's details nest. */
export const DETAILS_LEVELS_MAX = 1_000;
