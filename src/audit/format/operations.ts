/**
 * The operations that contextcore itself records. A trail may hold others: an older or newer version's, or those of a
 * program that appends to the same trail.
 */
export const OPERATIONS = [
  "audit_export",
  "audit_keygen",
  "audit_prune",
  "delete_dashboard",
  "destroy",
  "export",
  "plugin_trust",
  "provision",
  "prune",
  "restore",
  "sink_change",
  "sink_overflow",
  "trail_repair",
  "trail_rotation",
] as const;

/**
 * After each of these a checkpoint is signed, however it ended: they take away for good what cannot be looked at again. Of an
 * `audit_prune` the checkpoints before it still tell.
 */
export const SIGNED_AFTER: ReadonlySet<string> = new Set(["delete_dashboard", "destroy", "prune", "restore"]);
