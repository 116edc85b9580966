/**
 * The operations that contextcore itself records. A trail may hold others, from an older or newer version or from another
 * program that appends to it.
 */
export const OPERATIONS = [
  "activity_purge",
  "access",
  "audit_export",
  "audit_keygen",
  "audit_prune",
  "copy",
  "delete_dashboard",
  "destroy",
  "drill",
  "export",
  "hold_add",
  "hold_end",
  "lifecycle",
  "plugin_trust",
  "provision",
  "prune",
  "recover",
  "restore",
  "retention_apply",
  "retention_archive",
  "retention_logs",
  "sign_in",
  "sign_out",
  "sink_change",
  "sink_overflow",
  "subject_erase",
  "subject_export",
  "subject_find",
  "subject_retry",
  "token_add",
  "token_revoke",
  "trail_repair",
  "trail_rotation",
] as const;

/**
 * A checkpoint is signed after each of these, unless it was refused or interrupted, because they remove data for good.
 * `audit_prune` is not among them: the checkpoints before it still tell what it removed.
 */
export const SIGNED_AFTER: ReadonlySet<string> = new Set([
  "delete_dashboard",
  "destroy",
  "prune",
  "restore",
  "subject_erase",
  "subject_retry",
  "retention_apply",
  "retention_archive",
]);
