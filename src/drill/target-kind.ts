/**
 * What a drill restores into:
 * - `server`: one that the configuration names
 * - `scratch`: a directory of the drill's, or a server that it has started in one
 * - `look-alike`: the built-in one, which proves nothing about a real server
 */
export const TARGET_KINDS = ["server", "scratch", "look-alike"] as const;
/** One of {@link TARGET_KINDS}. */
export type TargetKind = (typeof TARGET_KINDS)[number];
