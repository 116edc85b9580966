/** A restore by selector of a plugin in a process of its own, as a user makes it. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { agreed } from "../../support/project.ts";
import { configOf, trustAll } from "../support.ts";
import { backendSource } from "./border.ts";

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
const LINES = 20_000;

const SOURCE = backendSource(
  `inventory: async () => ({ signals: ["logs"], importance: "low", oldest: 0n, newest: 1n }),
  export: {
    start: async () => ({ cursors: [{}] }),
    step: async () => {
      const text = Array.from({ length: ${LINES} }, (_, n) => JSON.stringify({ n, text: "x".repeat(50) }) + "\\n").join("");
      return { records: [{ file: "acme/x/a.jsonl", text, lines: ${LINES}, from: 0n, to: 1n, counts: { lines: ${LINES} } }], objects: [1, 2].map((n) => ({ path: "acme/x/o" + n, text: "object " + n, unit: "objects" })) };
    },
  },
  restore: {
    rank: (file) => (file.endsWith("o2") ? -1 : 0),
    matcher: (match) => {
      if (match === "(") throw new PluginError("invalid", "it is no selector");
      return (line, file) => (line.includes(match) ? line : undefined);
    },
    preflight: async () => [],
    apply: async ({ lines, file }) => {
      require("node:fs").appendFileSync(context.options.into, lines.map((line) => file + " " + line + "\\n").join(""));
      return { written: { lines: lines.length } };
    },
  },`,
  `{ into: option.path("Where restored lines go", "into.txt") }`,
);

test("what it selects is written, in its order, and a selector that makes no sense is told before anything is", async () => {
  const home = temporaryDirectory({
    "contextcore.yaml": `plugins: [./x.ts]\nbackends:\n${OFF}`,
    "x.ts": SOURCE,
  });
  trustAll(await configOf(home));
  agreed(home);
  const exported = await run(["export", "--from", "1970-01-01", "--to", "1970-01-02"], { cwd: home });
  expect({ stderr: exported.stderr, exitCode: exported.exitCode }).toMatchObject({ exitCode: 0 });
  const restore = (match: string) =>
    run(["restore", "latest", "--plugin", "acme/x", "--match", match, "--yes"], { cwd: home });

  const wrong = await restore("(");
  expect(wrong.stderr).toContain("it is no selector");
  expect(wrong.exitCode).not.toBe(0);
  expect(existsSync(join(home, "into.txt"))).toBe(false);

  expect((await restore('"n":1999')).exitCode).toBe(0);
  const written = readFileSync(join(home, "into.txt"), "utf8").trimEnd().split("\n");
  const numbers = [1999, ...Array.from({ length: 10 }, (_, n) => 19_990 + n)];
  expect(written).toEqual(
    numbers.map((n) => `acme/x/a.jsonl ${JSON.stringify({ n, text: "x".repeat(50) })}`),
  );

  expect((await restore("ob")).exitCode).toBe(0);
  expect(readFileSync(join(home, "into.txt"), "utf8")).toEndWith("acme/x/o2 object 2\nacme/x/o1 object 1\n");
}, 60_000);
