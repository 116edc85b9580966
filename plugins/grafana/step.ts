import { type Cursor, PluginError, type Step, v } from "contextcore";
import type { Server } from "./server.ts";

/** Reads what one cursor names. */
export type ReadStep = (server: Server, cursor: Cursor, signal: AbortSignal) => Promise<Step>;

/** A step whose cursor has these fields. */
export const stepOf =
  <Entries extends v.ObjectEntries>(
    entries: Entries,
    run: (
      server: Server,
      cursor: v.InferOutput<v.ObjectSchema<Entries, undefined>>,
      signal: AbortSignal,
    ) => Promise<Step>,
  ): ReadStep =>
  (server, cursor, signal) =>
    run(server, v.parse(v.object(entries), cursor), signal);

/**
 * Turns "you may not" (403) and "there is none" (404) into problems, so that one kind of object that this account or this
 * Grafana lacks does not end the export. Wrong credentials (401) and everything else stay errors.
 * @param what the kind of object, as a person says it
 * @param item the object, when it is about one
 */
export async function tolerant(what: string, read: () => Promise<Step>, item?: string): Promise<Step> {
  try {
    return await read();
  } catch (error) {
    const problem = error instanceof PluginError ? problemOf(error, what, item) : undefined;
    if (problem === undefined) throw error;
    return { problems: [problem] };
  }
}

function problemOf(error: PluginError, what: string, item: string | undefined) {
  const items = item === undefined ? {} : { items: [item] };
  if (error.status === 403) {
    const reason = `Grafana does not let this account read ${what}; the role Admin would let it.`;
    return { kind: "failed" as const, reason, ...items };
  }
  if (error.status !== 404) return undefined;
  const reason =
    item === undefined
      ? `This Grafana has no ${what}: that part of it is switched off or newer than this server.`
      : "Deleted while the export ran.";
  return { kind: "not-contained" as const, reason, ...items };
}
