import { resolve } from "node:path";
import type { Trail } from "../../audit/format/event.ts";
import { resumeSnapshot } from "../../export/export-snapshot.ts";
import type { ExportResult } from "../../export/types.ts";
import { rangeFromText } from "../../snapshot/format/range-text.ts";
import { listPartials } from "../../snapshot/write/partial.ts";
import { readRequest, type SnapshotRequest } from "../../snapshot/write/request.ts";
import { UsageError } from "../../tasks/errors.ts";
import { VERSION } from "../../version.ts";
import type { Stack } from "../stack.ts";
import { type ExportCall, outputOf } from "./args.ts";
import { paceOf, watchExport } from "./run.ts";

/** Finishes the interrupted export that PARTIAL names, or the newest one in the output directory. */
export async function resumeExport(
  call: ExportCall,
  { stack, trail }: { readonly stack: Stack; readonly trail: Trail },
): Promise<ExportResult> {
  const partial = await findPartial(call, stack);
  const { plugins, failures } = await requestOf(partial);
  const backends = plugins.flatMap(({ name, range }) => {
    const open = stack.backends.find((backend) => backend.name === name);
    return open === undefined ? [] : [{ open, request: { range: rangeFromText(range) } }];
  });
  const gone = plugins.filter(({ name }) => !stack.backends.some((backend) => backend.name === name));
  const job = {
    backends,
    failures: [...failures, ...gone.map(({ name }) => ({ name, reason: "it is no longer configured" }))],
    ...paceOf(stack.config),
    tool: `contextcore ${VERSION}`,
    signal: call.signal,
  };
  call.terminal.note(`resuming ${partial}`);
  const names = plugins.map(({ name }) => name);
  return watchExport(call, trail, names, (onProgress) => resumeSnapshot(partial, { ...job, onProgress }));
}

async function findPartial(call: ExportCall, stack: Stack): Promise<string> {
  if (call.args.partial !== undefined) return resolve(call.directory, call.args.partial);
  const directory = outputOf(call, stack);
  const newest = (await listPartials(directory)).at(-1);
  if (newest === undefined) throw new UsageError(`there is no interrupted export in ${directory}`);
  return newest;
}

/** What the interrupted export was asked; nothing when all that is left to do is to give it its final name. */
async function requestOf(partial: string): Promise<Pick<SnapshotRequest, "plugins" | "failures">> {
  return readRequest(partial).catch(() => ({ plugins: [], failures: [] }));
}
