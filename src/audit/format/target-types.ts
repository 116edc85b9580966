import type { AuditEvent } from "./event.ts";

/** What `data_affected` names, by operation: the one table of it. */
const TARGET_TYPE_OF: Readonly<Record<string, string>> = {
  audit_prune: "file",
  copy: "copy",
  delete_dashboard: "dashboard",
  destroy: "backend",
  export: "backend",
  lifecycle: "place",
  plugin_trust: "plugin",
  provision: "dashboard",
  prune: "snapshot",
  recover: "backend",
  restore: "backend",
};

/** All of them. */
export const TARGET_TYPES: readonly string[] = [...new Set(Object.values(TARGET_TYPE_OF))].sort();

/** What kind of thing an event names as affected; `undefined` when it names nothing. */
export const targetTypeOf = ({
  operation,
  data_affected: affected,
}: Pick<AuditEvent, "operation" | "data_affected">): string | undefined =>
  affected.length > 0 && Object.hasOwn(TARGET_TYPE_OF, operation) ? TARGET_TYPE_OF[operation] : undefined;
