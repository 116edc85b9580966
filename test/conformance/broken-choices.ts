/** What is wrong with what is chosen by range, selector or person, and with what is put back. */
import { v } from "../../src/contract/contextcore.ts";
import type {
  CountRequest,
  Cursor,
  EraseRequest,
  ExportRequest,
  RestoreBatch,
} from "../../src/contract/contract.ts";
import { PluginError } from "../../src/contract/errors.ts";

import { type Broken, LINES, withObject } from "./broken.ts";

export const BROKEN_CHOICES: readonly Broken[] = [
  [
    "find-then-erase",
    "a search that finds what begins like it",
    (backend, { http }) => ({
      async *find({ id }: { id: string }, signal: AbortSignal) {
        for (const line of await http.json(v.array(v.string()), { path: "/all", signal }))
          if (line.startsWith(id))
            yield { unit: "lines", count: 1, where: `a line of ${id}`, reference: line };
      },
      erase: backend.erase,
    }),
    "`where` tells the identifier: a line of line 2",
  ],
  [
    "find-then-erase",
    "one that is only said to be gone",
    () => ({
      erase: async ({ found }: { found: unknown[] }) => ({
        outcomes: found.map(() => ({ state: "erased", count: 1 })),
      }),
    }),
    "after erasing, 1 are still found, and 1 were erased or owed",
  ],
  [
    "find-then-erase",
    "a neighbour that goes along",
    (backend, { http }) => ({
      async erase(request: EraseRequest, signal: AbortSignal) {
        await http.send({ method: "POST", path: "/erase", json: [LINES[20]], signal });
        return backend.erase?.(request, signal);
      },
    }),
    "2 lines are gone, and 1 were erased",
  ],
  [
    "find-then-erase",
    "what is owed without a word",
    () => ({
      erase: async ({ found }: EraseRequest) => ({
        outcomes: found.map(() => ({ state: "owed", count: 1 })),
      }),
    }),
    "something is owed, and it does not say why",
  ],
  [
    "restore-then-export",
    "a line that is lost on the way",
    (backend) => ({
      restore: {
        ...backend.restore,
        apply: async (batch: { lines: string[] }, signal: AbortSignal) =>
          backend.restore?.apply({ ...batch, lines: batch.lines.slice(1) } as never, signal),
      },
    }),
    "lacks a line",
  ],
  [
    "export-within-range",
    "a range that is not heeded",
    (backend) => ({
      export: { ...backend.export, start: async () => ({ cursors: [{ from: 0 }] }) },
    }),
    "a record of 1970-01-01T00:00:00Z, outside of",
  ],
  [
    "export-within-range",
    "a line that comes only with a part",
    (backend) => ({
      export: {
        ...backend.export,
        start: async (request: ExportRequest, signal: AbortSignal) => ({
          ...(await backend.export.start(request, signal)),
          ...(request.range.from > 0n
            ? { cursors: [{ from: 0, more: true, since: "221", until: "239" }] }
            : {}),
        }),
        step: async ({ more, ...cursor }: Cursor, signal: AbortSignal) =>
          more === true
            ? {
                records: [
                  {
                    ...{ file: "acme/pages/lines.jsonl", text: '"stray"\n', lines: 1 },
                    ...{ from: 230n, to: 231n, counts: { lines: 1 } },
                  },
                ],
              }
            : backend.export.step(cursor, signal),
      },
    }),
    "1 record only in an export of",
  ],
  [
    "count-within-range",
    "a count of everything",
    (backend) => ({
      count: ({ range: _, ...request }: CountRequest, signal: AbortSignal) =>
        backend.count?.({ ...request, range: { from: 0n, to: 1_000n } }, signal),
    }),
    "lines: 11, and 23 by `count` of",
  ],
  [
    "restore-within-range",
    "a range that is not heeded",
    (backend) => ({
      restore: {
        ...backend.restore,
        apply: async (batch: RestoreBatch, signal: AbortSignal) =>
          backend.restore?.apply({ ...batch, range: { from: 0n, to: 1_000n } }, signal),
      },
    }),
    "records written outside of 1970-01-01T00:00:00Z to",
  ],
  [
    "restore-within-range",
    "a beginning that is not heeded",
    (backend) => ({
      restore: {
        ...backend.restore,
        apply: async ({ range: { to }, ...batch }: RestoreBatch, signal: AbortSignal) =>
          backend.restore?.apply({ ...batch, range: { from: 0n, to } }, signal),
      },
    }),
    "`apply` says that 13 lines are written or there already, and no more than 12 lie in",
  ],
  [
    "restore-within-range",
    "lines within it that are left out",
    (backend) => ({
      restore: {
        ...backend.restore,
        apply: async ({ range: { from, to }, ...batch }: RestoreBatch, signal: AbortSignal) =>
          backend.restore?.apply({ ...batch, range: { from: from + 20n, to } }, signal),
      },
    }),
    "1 record not written within",
  ],
  [
    "export-by-selector",
    "a selector that is only said to be heeded",
    (backend) => ({
      export: {
        ...backend.export,
        start: ({ range }: ExportRequest, signal: AbortSignal) => backend.export.start({ range }, signal),
      },
    }),
    "`line 1` exports everything",
  ],
  [
    "export-by-selector",
    "a selector that is called wrong before it is read by",
    (backend) => ({
      export: {
        ...backend.export,
        checkMatch: async () => {
          throw new PluginError("invalid", "it is no selector");
        },
      },
    }),
    "it is no selector",
  ],
  [
    "count-by-selector",
    "a count of everything",
    (backend) => ({
      count: ({ range }: CountRequest, signal: AbortSignal) => backend.count?.({ range }, signal),
    }),
    "lines: 11, and 23 by `count` of line 1",
  ],
  [
    "restore-by-selector",
    "a selector that means another thing to a restore",
    (backend) => ({
      restore: {
        ...backend.restore,
        matcher: (match: string) => (line: string) => (line.endsWith(match) ? line : undefined),
      },
    }),
    "11 records exported by line 1, but not restored by it",
  ],
  [
    "restore-by-selector",
    "a selector that chooses everything",
    (backend) => ({ restore: { ...backend.restore, matcher: () => (line: string) => line } }),
    "`line 1` chooses everything",
  ],
  [
    "restore-then-export",
    "more than it was given",
    (backend) => ({
      restore: {
        ...backend.restore,
        apply: async (batch: RestoreBatch, signal: AbortSignal) => {
          await backend.restore?.apply(batch, signal);
          return { written: { lines: batch.lines.length }, existing: { lines: 1 } };
        },
      },
    }),
    "`apply` says that 24 lines are written or there already, and no more than 23 were given",
  ],
  [
    "restore-then-export",
    "an object that is called the same before it is there",
    (backend, context) => withObject(backend, context, async () => [{ state: "equal", name: "o" }]),
    'acme/pages/o.txt that it is "equal" before it is there',
  ],
  [
    "restore-then-export",
    "an object that still differs once it was put back",
    (backend, context) =>
      withObject(backend, context, async () => [{ state: "differs", name: "o", what: "all" }]),
    'acme/pages/o.txt that it is "differs" after a restore into an empty server: all',
  ],
  [
    "restore-then-export",
    "a comparison of fewer objects than were asked about",
    (backend, context) => withObject(backend, context, async () => []),
    "compare was asked about 1 objects and answered 0",
  ],
];
