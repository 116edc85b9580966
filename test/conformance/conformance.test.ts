/** The suite passes what is right, and every rule catches the plugin that breaks it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { CheckTarget } from "../../src/conformance/subject.ts";
import { backendSuite, sinkSuite } from "../../src/conformance/suite.ts";
import { option, v } from "../../src/contract/contextcore.ts";
import { type PageServer, pagesPlugin, servePages } from "../host/pages.ts";
import { LINES, shared, step } from "./broken.ts";
import { BROKEN_ANSWERS } from "./broken-answers.ts";
import { BROKEN_CHOICES } from "./broken-choices.ts";
import { BROKEN_READING } from "./broken-reading.ts";
import { verdicts } from "./verdicts.ts";

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

const BROKEN = [...BROKEN_READING, ...BROKEN_ANSWERS, ...BROKEN_CHOICES];

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
