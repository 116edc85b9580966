/** What a server holds, by what it says of itself. */
import type { Inventory, Size } from "contextcore";
import { type Info, keyspacesIn, versionOf } from "./info.ts";

/** Its keys, and what would be lost if it stopped now. */
export function look(info: Info): Inventory {
  const spaces = keyspacesIn(info);
  const sum = (member: "keys" | "expiring"): number => spaces.reduce((all, one) => all + one[member], 0);
  const serverVersion = versionOf(info);
  return {
    signals: ["records"],
    ...(serverVersion !== undefined && { serverVersion }),
    counts: { keys: sum("keys"), expiring: sum("expiring") },
    warnings: persistence(info),
  };
}

/** `rdb_last_save_time` is when it started, if it has saved nothing since. */
function persistence(info: Info): string[] {
  if (info.get("aof_enabled") === "1") return [];
  const changes = Number(info.get("rdb_changes_since_last_save") ?? 0);
  const failed = info.get("rdb_last_bgsave_status") === "err";
  const last = new Date(Number(info.get("rdb_last_save_time") ?? 0) * 1000).toISOString().slice(0, 19);
  return [
    ...(failed ? ["Its last save to its own disk failed."] : []),
    ...(changes > 0
      ? [`It has no append-only file, and ${changes} changes since ${last} UTC are only in its memory.`]
      : []),
  ];
}

/** What its data takes in memory; a dump is smaller, as a rule. */
export const sizeOf = (info: Info): Size => ({
  bytes: Number(info.get("used_memory_dataset") ?? info.get("used_memory") ?? 0),
  source: "api",
});
