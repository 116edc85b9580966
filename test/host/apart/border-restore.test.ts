/** What a restore asks of a plugin in another process. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RestoreLine } from "../../../src/contract/contract.ts";
import { backendSource, failure, NEVER, never, openSource } from "./border.ts";

// Each starts processes, on machines that do other things too.
setDefaultTimeout(30_000);

describe("a restore", () => {
  const source = backendSource(`restore: {
    order: { "acme/x/a.jsonl": "time" },
    rank: (file) => file.length,
    matcher: (match) => {
      if (match === "(") throw new PluginError("invalid", "it is no selector");
      return (line, file) => (line.includes(match) ? line.toUpperCase() + file : undefined);
    },
    selection: async (match, everything) => {
      const seen = [];
      for await (const one of everything) seen.push(one);
      return (line) => (seen.some((one) => one.line === line) && line.includes(match) ? line + seen.length : undefined);
    },
    preflight: async ({ range }) => [{ severity: "note", message: String(range.to) }],
    apply: async ({ lines, existing }) => ({ written: { lines: lines.length }, rejected: [{ line: lines[0], reason: "x" }], ...(existing && { differing: [{ name: "o", what: existing }] }) }),
    compare: async (objects) => objects.map(({ file, line }) => (line === "" ? undefined : { state: "differs", name: file, what: line })),
    settleMs: async () => 7,
  },
  dashboards: { ${["list", "read", "write", "remove", "createFolder", "renameFolder", "removeFolder"].map((name) => `${name}: async () => ({}),`).join(" ")}
    parse: (text) => { if (text === "") throw new PluginError("invalid", "it is empty"); return { title: text, content: { n: JSON.rawJSON("1.0") } }; } },`);
  const open = async () => {
    const place = await openSource(source);
    const restore = place.backend?.restore ?? never();
    return { ...place, restore };
  };

  test("ranks, batches, findings and answers", async () => {
    using place = await open();
    const { restore } = place;
    expect(restore.order).toEqual({ "acme/x/a.jsonl": "time" });
    expect(await restore.ranks?.(["abc", "a"], NEVER)).toEqual([3, 1]);
    const plan = { range: { from: 0n, to: 2n ** 62n }, files: [], labels: {} };
    expect(await restore.preflight(plan, NEVER)).toEqual([{ severity: "note", message: `${2n ** 62n}` }]);
    const batch = { file: "a", lines: ["one", "two"], range: { from: 0n, to: 1n }, labels: {} };
    expect(await restore.apply(batch, NEVER)).toEqual({
      written: { lines: 2 },
      rejected: [{ line: "one", reason: "x" }],
    });
    expect(await restore.apply({ ...batch, existing: "replace" }, NEVER)).toMatchObject({
      differing: [{ name: "o", what: "replace" }],
    });
    const objects = [
      { file: "a", line: "title" },
      { file: "b", line: "" },
    ];
    expect(await restore.compare?.(objects, NEVER)).toEqual([
      { state: "differs", name: "a", what: "title" },
      undefined,
    ]);
    expect(await restore.settleMs?.(NEVER)).toBe(7);
  });

  test.each([
    ["only its own", "ranks: async (files) => files.map((file) => -file.length)"],
    ["its own before one by one", "rank: () => 0, ranks: async (files) => files.map((file) => -file.length)"],
  ])("ranks for many files at once, %s", async (_, ranking) => {
    using place = await openSource(
      backendSource(
        `restore: { ${ranking}, preflight: async () => [], apply: async () => ({ written: {} }) },`,
      ),
    );
    expect(await place.backend?.restore?.ranks?.(["abc", "a"], NEVER)).toEqual([-3, -1]);
  });

  test("a selector is asked for many lines at once, and one that makes no sense says so before any", async () => {
    using place = await open();
    const matcher = place.restore.matcher?.("b") ?? never();
    expect(await matcher.many?.(["abc", "x", "b"], "f", NEVER)).toEqual(["ABCf", undefined, "Bf"]);
    const wrong = place.restore.matcher?.("(") ?? never();
    expect(await failure(wrong.many?.([], "", NEVER))).toMatchObject({
      kind: "invalid",
      message: "acme/x: it is no selector",
    });
  });

  test("a selection is shown everything, no faster than it looks", async () => {
    using place = await open();
    let shown = 0;
    async function* everything(): AsyncGenerator<RestoreLine> {
      for (shown = 0; shown < 3_000; shown += 1)
        yield { file: "f", line: `${shown % 7}${"x".repeat(1_000)}` };
    }
    const matcher = await place.restore.selection?.("3", everything(), NEVER);
    expect(shown).toBe(3_000);
    expect(await matcher?.many?.([`3${"x".repeat(1_000)}`, "3"], "f", NEVER)).toEqual([
      `3${"x".repeat(1_000)}3000`,
      undefined,
    ]);
  });

  test("a dashboard's text is read there, with its numbers as they were written", async () => {
    using place = await open();
    const { dashboards = never() } = place.backend ?? never();
    expect(JSON.stringify((await dashboards.parse("t")).content)).toBe('{"n":1.0}');
    expect(await failure(Promise.resolve(dashboards.parse("")))).toMatchObject({
      kind: "invalid",
      message: "acme/x: it is empty",
    });
    expect(await failure(dashboards.list(NEVER))).toMatchObject({
      message: expect.stringContaining("gave a wrong answer: `folders`"),
    });
  });
});
