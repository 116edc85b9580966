/** The suite passes what is right, and every rule catches the plugin that breaks it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { runCheck } from "../../src/conformance/check.ts";
import { type CheckTarget, openSubject } from "../../src/conformance/subject.ts";
import { backendSuite, sinkSuite } from "../../src/conformance/suite.ts";
import { lineRecords, option, v } from "../../src/contract/contextcore.ts";
import type {
  AuditRecord,
  Backend,
  CountRequest,
  Cursor,
  EraseRequest,
  ExportRequest,
  RestoreBatch,
  Step,
} from "../../src/contract/contract.ts";
import { PluginError } from "../../src/contract/errors.ts";
import { type PageServer, type PagesContext, pagesPlugin, readPage, servePages } from "../host/pages.ts";

const LINES = Array.from({ length: 23 }, (_, index) => `line ${index} é 🧨`);

/** Somebody whose data is there: one line, and not those that begin like it. */
const SUBJECT = { id: "line 2", where: "{id}" };

let full: PageServer;
let empty: PageServer;
beforeAll(() => {
  full = servePages(LINES);
  empty = servePages([]);
});
afterAll(() => {
  full[Symbol.dispose]();
  empty[Symbol.dispose]();
});

const target = (declaration: unknown, over: Partial<CheckTarget> = {}): CheckTarget => ({
  declaration,
  origin: "third-party",
  face: "backend",
  options: { url: full.url },
  stepsMax: 500,
  ...over,
});

/** The verdicts of the rules with these names. */
async function verdicts(given: CheckTarget, names?: readonly string[]) {
  const subject = openSubject(given);
  try {
    const suite = given.face === "sink" ? sinkSuite : backendSuite;
    const found: [string, string][] = [];
    for (const check of suite.filter(({ name }) => names?.includes(name) ?? true)) {
      const { verdict } = await runCheck(check, subject);
      const shown = verdict.kind === "failed" ? `failed: ${verdict.error.message}` : verdict.kind;
      found.push([check.name, shown]);
    }
    return found;
  } finally {
    await subject.stop();
  }
}

test("a backend that is right passes every rule, and none is waived", async () => {
  using own = servePages(LINES);
  const given = { options: { url: own.url }, empty: { url: empty.url }, subject: SUBJECT, match: "line 1" };
  const found = await verdicts(target(pagesPlugin(), given));
  expect(found.filter(([, verdict]) => verdict !== "passed")).toEqual([]);
  expect(found).toHaveLength(backendSuite.length);
  expect(empty.lines.toSorted()).toEqual(LINES.toSorted());
  expect(own.lines).toEqual(LINES.filter((line) => !line.startsWith("line 2 ")));
});

test("every rule says why, in one sentence", () => {
  for (const { name, why } of [...backendSuite, ...sinkSuite]) {
    expect(name).toMatch(/^[a-z0-9-]+$/);
    expect(why).toMatch(/^[^\n]{20,150}[^.]$/);
  }
  const names = backendSuite.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

type Change = (backend: Backend, context: PagesContext) => object;

/** Replaces the export's step. */
const step =
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

const shared = { calls: 0 };

/** Rule, what is broken, how; the message that names it. */
const BROKEN: readonly (readonly [rule: string, what: string, change: Change, message: string])[] = [
  [
    "inventory",
    "times the wrong way round",
    () => ({ inventory: async () => ({ signals: ["logs"], importance: "low", oldest: 5n, newest: 1n }) }),
    "oldest data is newer",
  ],
  [
    "inventory",
    "no signal",
    () => ({ inventory: async () => ({ signals: [], importance: "low" }) }),
    "names no signal",
  ],
  [
    "inventory",
    "a time in ms",
    () => ({ inventory: async () => ({ signals: ["logs"], importance: "low", oldest: 5 }) }),
    "`oldest`",
  ],
  [
    "size",
    "an estimate from nowhere",
    () => ({ size: async () => ({ bytes: 1, source: "estimate" }) }),
    "`how`",
  ],
  ["limits", "no list", () => ({ limits: async () => ({}) }), "limits gave a wrong answer"],
  [
    "export-ends",
    "a next without end",
    step(async (read, cursor) => ({
      ...(await read({ from: 0 })),
      next: [{ from: Number(cursor.from) + 1 }],
    })),
    "has no end",
  ],
  [
    "export-ends",
    "wrong numbers of lines",
    step(async (read, cursor) => {
      const records = lineRecords(await read(cursor));
      return { records: records.map((one) => ({ ...one, lines: one.lines + 1 })) };
    }),
    "claim 6 lines but have 5",
  ],
  [
    "export-ends",
    "a file outside of its folder",
    step(async (read, cursor) => {
      const { records = [] } = await read(cursor);
      return { records: records.map((one) => ({ ...one, file: "../lines.jsonl" })) };
    }),
    "not in the folder",
  ],
  [
    "export-ends",
    "an error of its own, and says where",
    step(async () => {
      throw new Error("oops");
    }),
    'step {"from":0,"since":"0","until":"1001000","match":""} threw an unclassified Error: oops',
  ],
  ["export-ends", "nothing at all", step(async () => ({})), "brought nothing"],
  [
    "records-are-json",
    "plain text",
    step(async (read, cursor) => {
      const { next, ...page } = await read(cursor);
      return {
        next,
        records: lineRecords(page).map((one) => ({ ...one, text: "plain\n".repeat(one.lines) })),
      };
    }),
    "not JSON: plain",
  ],
  [
    "records-in-format",
    "lines of logs.json that are no logs",
    step(async (read, cursor) => {
      const { records = [], next } = await read(cursor);
      return { next, records: records.map((one) => ({ ...one, file: "logs.json" })) };
    }),
    "invalid line 1 of the records of logs.json: not an object",
  ],
  [
    "records-in-format",
    "a trace that comes with two pages",
    step(async (read, cursor) => {
      const { next } = await read(cursor);
      const spans = [{ traceId: "4bf92f35", startTimeUnixNano: "5" }];
      const text = `${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })}\n`;
      const counts = { traces: 1, spans: 1 };
      return { next, records: [{ file: "traces.json", text, lines: 1, from: 0n, to: 10n, counts }] };
    }),
    "invalid line 1 of the records of traces.json: 4bf92f35 is there twice",
  ],
  [
    "start-repeatable",
    "a random cursor",
    (backend) => ({
      export: { ...backend.export, start: async () => ({ cursors: [{ from: 0, id: crypto.randomUUID() }] }) },
    }),
    "other cursors the second time",
  ],
  [
    "steps-repeatable",
    "a step that remembers",
    step(async (read, cursor) => {
      shared.calls += 1;
      const whole = await read(cursor);
      return shared.calls % 2 === 0 ? { next: whole.next } : whole;
    }),
    "when every step is run twice",
  ],
  [
    "order-free",
    "a step that counts on the one before",
    step(async (read, cursor) => {
      if (cursor.from === 0) return { next: [5, 0.1].map((from) => ({ from })) };
      if (cursor.from === 0.1) {
        shared.calls = -1;
        return {};
      }
      return shared.calls === -1 ? {} : read({ from: 5 });
    }),
    "cursor first",
  ],
  [
    "resume-anywhere",
    "state in the plugin",
    (backend, { http }) => {
      let position = 0;
      return {
        export: {
          ...backend.export,
          async step(_: Cursor, signal: AbortSignal) {
            const page = await readPage(http, { from: position }, signal);
            position += 5;
            return { ...page, next: page.next?.length ? [{ n: position }] : [] };
          },
        },
      };
    },
    "has no end",
  ],
  [
    "split-is-whole",
    "a half that is forgotten",
    (backend) => ({
      export: {
        ...backend.export,
        split: async ({ from, size }: Cursor) =>
          size === undefined
            ? {
                cursors: [
                  { from: 0, size: 1, last: true },
                  { from: Number(from) + 1, size: 4, last: true },
                ],
              }
            : {},
      },
    }),
    "when every cursor is split",
  ],
  [
    "count-split-is-whole",
    "a part that is counted twice",
    () => ({
      splitCount: async ({ range, part }: CountRequest) =>
        part === undefined ? { requests: [0, 1].map((half) => ({ range, part: { half } })) } : {},
    }),
    "when the count is split",
  ],
  [
    "counts-agree",
    "a server that counts more",
    (backend) => ({
      count: async (...args: Parameters<NonNullable<Backend["count"]>>) => ({
        lines: ((await backend.count?.(...args))?.lines ?? 0) + 1,
      }),
    }),
    "lines: 23, and 24",
  ],
  ["counts-agree", "another unit", () => ({ count: async () => ({ spans: 5 }) }), "no unit"],
  [
    "answers-401",
    "a refusal called temporary",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch((cause) => {
          throw new PluginError("temporary", "no", { cause });
        }),
    }),
    "temporary (no), and not refused",
  ],
  [
    "answers-500",
    "an error of its own",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => {
          throw new TypeError("oh");
        }),
    }),
    "an unclassified TypeError: oh",
  ],
  [
    "answers-500",
    "a failure called a success",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => ({ signals: ["logs"], importance: "low" })),
    }),
    "inventory called 500 a success",
  ],
  [
    "answers-404",
    "a quiet gap",
    step((read, cursor) => read(cursor).catch(() => ({}))),
    "called 404 a success",
  ],
  [
    "answers-429",
    "Retry-After lost",
    step((read, cursor) =>
      read(cursor).catch((cause) => {
        throw new PluginError("temporary", "later", { cause });
      }),
    ),
    "Retry-After was lost",
  ],
  [
    "answers-web-page",
    "a web page taken for temporary",
    step((read, cursor) =>
      read(cursor).catch((cause) => {
        throw new PluginError("temporary", "later", { cause });
      }),
    ),
    "and not invalid",
  ],
  [
    "answers-half-a-body",
    "half a body taken for an answer",
    step(async (_, cursor, { http }, signal) => {
      const text = await (await http.send({ path: `/lines?from=${cursor.from}`, signal })).text();
      return {
        records: [
          {
            file: "acme/pages/lines.jsonl",
            text: `${JSON.stringify(text)}\n`,
            lines: 1,
            from: 0n,
            to: 1n,
            counts: { lines: 1 },
          },
        ],
      };
    }),
    "called half a body a success",
  ],
  [
    "server-gone",
    "a message without a name",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => {
          throw new PluginError("temporary", "it failed");
        }),
    }),
    "does not name the plugin",
  ],
  [
    "flaky-server",
    "a page that is skipped when it fails",
    step((read, cursor) =>
      read(cursor).catch(() => ({
        next: Number(cursor.from) < 20 ? [{ from: Number(cursor.from) + 5 }] : [],
      })),
    ),
    "lacks a line",
  ],
  [
    "cancelled-within-a-second",
    "a call that ignores the signal",
    step((read, cursor, { http }) =>
      http.send({ path: `/lines?from=${cursor.from}` }).then(() => read(cursor)),
    ),
    "did not end after it was cancelled",
  ],
  [
    "hanging-server",
    "a success without an answer",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => ({ signals: ["logs"], importance: "low" })),
    }),
    "says nothing",
  ],
  [
    "dishonest-server",
    "trust",
    step(async (_, cursor, { http }, signal) => {
      const page: unknown = await (await http.send({ path: `/lines?from=${cursor.from}`, signal })).json();
      const { lines } = page as { lines: string[] };
      return {
        records: [
          {
            file: "acme/pages/lines.jsonl",
            text: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
            lines: lines.length,
            from: 0n,
            to: 1n,
            counts: { lines: lines.length },
          },
        ],
      };
    }),
    "unclassified TypeError",
  ],
  [
    "repeating-server",
    "no look at what came",
    step(async (_, cursor, { http }, signal) => {
      const page = await http.json(v.object({ lines: v.array(v.string()), more: v.boolean() }), {
        path: "/lines",
        query: { from: Number(cursor.from) },
        signal,
      });
      return {
        records: [
          {
            file: "acme/pages/lines.jsonl",
            text: page.lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
            lines: page.lines.length,
            from: 0n,
            to: 1n,
            counts: {},
          },
        ],
        next: page.more ? [{ from: Number(cursor.from) + 5 }] : [],
      };
    }),
    "has no end",
  ],
  [
    "no-secret-told",
    "a message with the options in it",
    (backend, { options }) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => {
          throw new Error(`failed with ${JSON.stringify(options)}`);
        }),
    }),
    "a secret was told",
  ],
  [
    "no-secret-told",
    "a log line with the token",
    (backend, { options, log }) => ({
      inventory: (signal: AbortSignal) => {
        log.debug(`token ${options.token}`);
        return backend.inventory(signal);
      },
    }),
    "a secret was told",
  ],
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

/** With an object that is there once there are lines. */
function withObject(
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

describe("the rule catches", () => {
  test.each(BROKEN.map((one) => [...one] as const))("%s: %s", async (rule, _what, change, message) => {
    shared.calls = 0;
    using fresh = servePages([]);
    using own = servePages(LINES);
    const options = rule === "find-then-erase" ? { options: { url: own.url }, subject: SUBJECT } : {};
    const given = target(pagesPlugin(change), { empty: { url: fresh.url }, match: "line 1", ...options });
    expect(await verdicts(given, [rule])).toEqual([[rule, expect.stringContaining(message)]]);
  });

  test("options-described: an option that nobody explains", async () => {
    const declaration = { ...pagesPlugin(), options: v.object({ url: v.optional(v.string(), full.url) }) };
    const [found] = await verdicts(target(declaration), ["options-described"]);
    expect(found?.[1]).toContain("the option `url` has no description");
  });

  test("secrets-declared: a password in plain text", async () => {
    const options = v.object({ ...option.serverOptions(full.url), apiKey: option.text("The key") });
    const [found] = await verdicts(target({ ...pagesPlugin(), options }), ["secrets-declared"]);
    expect(found?.[1]).toContain("the option `apiKey` should be option.secret");
  });

  test("every rule for a server, somewhere above", () => {
    const caught = new Set([...BROKEN.map(([rule]) => rule), "options-described", "secrets-declared"]);
    const same = ["answers-403", "answers-503", "answers-empty-body", "answers-cut-connection"];
    const hard = ["options-have-defaults", "steps-bounded", "cursors-survive-json"];
    expect(
      backendSuite
        .map(({ name }) => name)
        .filter((name) => !caught.has(name))
        .toSorted(),
    ).toEqual([...same, ...hard].toSorted());
  });
});

test("cursors-survive-json, steps-bounded: broken without a server", async () => {
  const huge = `${JSON.stringify("x".repeat(1024 * 1024))}\n`;
  const declaration = pagesPlugin(
    step(async (read, cursor) =>
      cursor.from === 0
        ? {
            records: [
              {
                file: "acme/pages/lines.jsonl",
                text: huge.repeat(17),
                lines: 17,
                from: 0n,
                to: 1n,
                counts: {},
              },
            ],
          }
        : read(cursor),
    ),
  );
  const [found] = await verdicts(target(declaration), ["steps-bounded"]);
  expect(found?.[1]).toContain("a step brought 17");
  const date = pagesPlugin((backend) => ({
    export: { ...backend.export, start: async () => ({ cursors: [{ at: new Date(0) }] }) },
  }));
  const [dated] = await verdicts(target(date), ["export-ends"]);
  expect(dated?.[1]).toContain("does not survive JSON");
});

describe("a sink", () => {
  const sink = (deliver: (event: AuditRecord, lines: string[]) => void) => {
    const lines: string[] = [];
    const declaration = {
      name: "acme/memory",
      about: "Keeps events in memory",
      options: v.object({}),
      sink: () => ({
        probe: async () => undefined,
        deliver: async (event: AuditRecord) => deliver(event, lines),
        history: async ({ project, limit }: { project: string; limit: number }) =>
          lines
            .map((line) => JSON.parse(line))
            .filter((event) => event.project === project)
            .map(({ hash }) => hash)
            .slice(-limit),
      }),
    };
    return target(declaration, { face: "sink", options: {}, arrived: async () => lines });
  };

  test("that is right passes; rules about servers are waived", async () => {
    const found = await verdicts(sink(({ line }, lines) => void lines.push(line)));
    expect(found.filter(([, verdict]) => verdict.startsWith("failed"))).toEqual([]);
    expect(found.filter(([, verdict]) => verdict === "passed").map(([name]) => name)).toEqual([
      "options-described",
      "options-have-defaults",
      "secrets-declared",
      "probe-writes-nothing",
      "delivered-as-it-is",
      "same-event-twice",
      "history-is-a-witness",
      "cancelled-within-a-second",
    ]);
  });

  test.each([
    [
      "delivered-as-it-is",
      "that changes a line",
      ({ line }: AuditRecord, lines: string[]) => void lines.push(line.normalize("NFD")),
      "changed on the way",
    ],
    [
      "delivered-as-it-is",
      "that drops events",
      () => undefined,
      "5 events were delivered, and 0 have arrived",
    ],
    [
      "same-event-twice",
      "that refuses the second",
      ({ line }: AuditRecord, lines: string[]) => {
        if (lines.includes(line)) throw new Error("again?");
        lines.push(line);
      },
      "again?",
    ],
    [
      "history-is-a-witness",
      "that forgets the order",
      ({ line }: AuditRecord, lines: string[]) => void lines.unshift(line),
      "newest last",
    ],
  ])("%s catches one %s", async (rule, _, deliver, message) => {
    expect(await verdicts(sink(deliver), [rule])).toEqual([[rule, expect.stringContaining(message)]]);
  });
});
