/** Of data whose own retention is meant for every copy of it: which snapshots of it are kept for longer. */
import { classOfBackend } from "../retention/classes.ts";
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { type ClassTimes, timeOf } from "../snapshot/catalog/retention.ts";
import { isSameSource } from "../snapshot/catalog/source.ts";
import { formatDuration } from "../units/duration.ts";
import { counted } from "../units/words.ts";
import type { Reached } from "./survey.ts";

/** What its class leads to, and which setting to change; `undefined`: nothing is kept for longer by it. */
export function classOutlives({ name, inventory, open }: Reached, times: ClassTimes): string | undefined {
  const { retention, bindsCopies } = inventory;
  const kind = classOfBackend(open, inventory);
  const kept = timeOf(kind, times);
  if (bindsCopies !== true || typeof retention !== "bigint" || kept <= retention) return undefined;
  const [here, there] = [formatDuration(retention), formatDuration(kept)];
  return `it is kept for ${here}, and snapshots of it for ${there}, since its class is ${kind}: see backends.${name}.class`;
}

/** Which snapshots hold what is gone here; `undefined`: none. @param now ns */
export function copiesOutlive(
  { inventory: { retention, bindsCopies }, open }: Reached,
  snapshots: readonly KeptSnapshot[],
  now: bigint,
): string | undefined {
  if (bindsCopies !== true || typeof retention !== "bigint") return undefined;
  const old = snapshots.filter(
    (one) =>
      createdAt(one) < now - retention && one.manifest.plugins.some((plugin) => isSameSource(plugin, open)),
  );
  if (old.length === 0) return undefined;
  const hold = `${counted(old.length, "snapshot")} that ${old.length === 1 ? "is" : "are"} older than that still ${old.length === 1 ? "holds" : "hold"} it`;
  return `it is kept for ${formatDuration(retention)}, and ${hold}: see \`contextcore snapshots prune\``;
}
