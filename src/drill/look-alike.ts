/** The look-alike of a server, empty, in a process of its own: what a restore is rehearsed against where there is no server. */
import * as v from "valibot";
import { LAB_NAMES } from "../conformance/apart/find-lab.ts";
import { LOAD_MS } from "../host/apart/bounds.ts";
import { startChild } from "../host/apart/child.ts";
import { servedSchema } from "../host/apart/messages.ts";

/** It keeps everything in memory. bytes */
const MEMORY_MAX = 3_000_000_000;
/** How much data it can take: it needs several times as much. bytes */
export const LOOK_ALIKE_BYTES_MAX = 256 << 20;
/** It answers from its memory in one thread, and a large answer takes long. ms */
const SILENT_MS = 60_000;

/** Whether the program has one for this plugin. */
export const hasLookAlike = (plugin: string): boolean => LAB_NAMES.some((name) => name === plugin);

/** A look-alike, until it is ended. */
interface LookAlike {
  /** What its plugin is opened with. */
  readonly options: Readonly<Record<string, string>>;
  readonly end: () => Promise<void>;
}

/** That of Tempo takes spans at the same address. */
const OPTIONS: Readonly<Record<string, (url: string) => LookAlike["options"]>> = {
  tempo: (url) => ({ url, otlpUrl: url }),
};

/** Starts it. @throws Error when it does not start */
export async function startLookAlike(plugin: string, note: (message: string) => void): Promise<LookAlike> {
  const where = `the look-alike of ${plugin}`;
  const child = await startChild({
    title: where,
    silentMs: SILENT_MS,
    memoryMax: MEMORY_MAX,
    onPrinted: (line) => note(`${where} printed: ${line}`),
    onGone: () => undefined,
    handlers: { calls: {}, notes: { unhandled: (what) => note(`${where}: ${String(what)}`) } },
  });
  try {
    const asked = { where, name: plugin, limitMs: LOAD_MS, emptyOnly: true };
    const served = v.parse(servedSchema, await child.callWithin(2 * LOAD_MS, "lab", asked));
    const url = served.empty ?? served.filled;
    return { options: OPTIONS[plugin]?.(url) ?? { url }, end: child.end };
  } catch (cause) {
    await child.end();
    throw new Error(`${where} does not start`, { cause });
  }
}
