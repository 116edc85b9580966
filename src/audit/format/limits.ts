/** What a trail may ask of its reader: what we write keeps far within these. */

/** A line. */
export const LINE_BYTES_MAX = 64 << 20;

/** A closed file, as it is and unpacked: one is closed at 16 MiB. */
export const SEGMENT_BYTES_MAX = 256 << 20;

/** A small file of ours: a checkpoint, a key, what is known of a sink. */
export const SMALL_BYTES_MAX = 1 << 20;

/** How deep an event's details nest. */
export const DETAILS_LEVELS_MAX = 1_000;
