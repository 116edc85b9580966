/** Tempo has no way to delete a trace over HTTP: says so, and which command has. What is gone by now is erased. */
import { type EraseAnswer, type EraseRequest, type ErasureOutcome, formatDuration } from "contextcore";
import type { Source } from "../export/cursor.ts";
import { readOnce } from "../export/traces.ts";
import { tracesIn } from "./find.ts";

/** Looks at what is still there. @throws PluginError when Tempo cannot be asked */
export async function eraseTraces(
  source: Source,
  { found }: EraseRequest,
  { tenant, signal }: { readonly tenant: string | undefined; readonly signal: AbortSignal },
): Promise<EraseAnswer> {
  const { retention = 0n } = await source.settings(signal);
  const outcomes: ErasureOutcome[] = [];
  for (const { reference, count } of found) {
    const left: string[] = [];
    for (const id of tracesIn(reference)) if (await isThere(source, id, signal)) left.push(id);
    if (left.length === 0) outcomes.push({ state: "erased", count });
    else outcomes.push({ state: "impossible", count, reason: reasonFor(left, { tenant, retention }) });
  }
  return { outcomes };
}

/** A trace of which only a part can be read is there. */
async function isThere(source: Source, id: string, signal: AbortSignal): Promise<boolean> {
  const { trace, partial } = await readOnce(source, id, signal);
  return trace.spans.length > 0 || partial !== undefined;
}

interface Surroundings {
  readonly tenant: string | undefined;
  /** ns; 0: for ever, or it is not known. */
  readonly retention: bigint;
}

function reasonFor(ids: readonly string[], { tenant = "single-tenant", retention }: Surroundings): string {
  const name = /^[\w.@-]+$/.test(tenant) ? tenant : "TENANT";
  const command = `tempo-cli rewrite-blocks drop-traces --drop-trace ${name} ${ids.join(",")}`;
  const otherwise =
    retention > 0n
      ? `; otherwise they go when its block_retention of ${formatDuration(retention)} is over`
      : "";
  return `Tempo deletes no traces over HTTP, and only its own program rewrites its blocks safely: \`${command}\`, with the options of its storage (without --drop-trace it only looks)${otherwise}`;
}
