/** What a plugin needs that breaks one rule: what it changes, and how that is told. */
import { lineRecords } from "../../src/contract/contextcore.ts";
import type { Backend, Cursor, RestoreBatch, Step } from "../../src/contract/contract.ts";
import { type PagesContext, readPage } from "../host/pages.ts";

/** What the servers hold. */
export const LINES = Array.from({ length: 23 }, (_, index) => `line ${index} é 🧨`);

/** What a plugin does instead of what it should. */
export type Change = (backend: Backend, context: PagesContext) => object;

/** Replaces the export's step. */
export const step =
  (
    change: (
      honest: (cursor: Cursor) => Promise<Step>,
      cursor: Cursor,
      context: PagesContext,
      signal: AbortSignal,
    ) => Promise<unknown>,
  ): Change =>
  (backend, context) => ({
    export: {
      ...backend.export,
      step: (cursor: Cursor, signal: AbortSignal) =>
        change((own) => readPage(context.http, own, signal), cursor, context, signal),
    },
  });

/** Of a step that remembers. */
export const shared = { calls: 0 };

/** Rule, what is broken, how; the message that names it. */
export type Broken = readonly [rule: string, what: string, change: Change, message: string];

/** With an object that is there once there are lines. */
export function withObject(
  backend: Backend,
  context: PagesContext,
  compare: () => Promise<readonly { state: string; name: string; what?: string }[]>,
): object {
  const object = { path: "acme/pages/o.txt", text: "an object", unit: "objects" };
  return {
    restore: {
      ...backend.restore,
      compare,
      apply: async (batch: RestoreBatch, signal: AbortSignal) =>
        batch.file === object.path ? { written: { objects: 1 } } : backend.restore?.apply(batch, signal),
    },
    export: {
      ...backend.export,
      async step(cursor: Cursor, signal: AbortSignal) {
        const read = await readPage(context.http, cursor, signal);
        const isFirst =
          cursor.from === 0 && read.next !== undefined && (lineRecords(read)[0]?.lines ?? 0) !== 0;
        return isFirst ? { ...read, objects: [object] } : read;
      },
    },
  };
}
