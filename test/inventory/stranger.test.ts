/** A third-party plugin that cannot say what it holds, or how big it is: the rest of it is shown, and exported. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { EXPORT } from "../../src/results/export.ts";
import { INVENTORY } from "../../src/results/inventory.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";

setDefaultTimeout(120_000);

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

/** A stranger's backend with two entries: whatever it is asked, but for what it holds, it answers. */
const STRANGER = (inventory: string, size = "({ bytes: 4_096, source: 'api' })") => `
import { definePlugin, PluginError, v } from "contextcore";
const ENTRIES = [1n, 2n].map((hours) => BigInt(Date.now() - Number(hours) * 3_600_000) * 1_000_000n);
const within = ({ from, to }) => ENTRIES.filter((time) => time >= from && time < to);
export default definePlugin({
  name: "acme/odd", about: "odd", signals: ["logs"], options: v.object({}),
  backend: () => ({
    inventory: async (signal) => ${inventory},
    size: async () => ${size},
    count: async ({ range }) => ({ entries: within(range).length }),
    export: {
      start: async ({ range }) => ({ cursors: [{ from: String(range.from), to: String(range.to) }] }),
      async step({ from, to }) {
        const times = within({ from: BigInt(from), to: BigInt(to) });
        const values = times.toSorted().map((time) => [String(time), "a line"]);
        const text = JSON.stringify({ streams: [{ stream: { app: "odd" }, values }] }) + "\\n";
        const counts = { entries: times.length };
        return { records: [{ file: "logs.json", text, lines: 1, from: BigInt(from), to: BigInt(to), counts }] };
      },
    },
  }),
});`;

const FAILED = `{ throw new PluginError("temporary", "odd: /parts answered 500", { status: 500 }) }`;
const failed = `(() => ${FAILED})()`;
const hanging = "new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))";
const malformed = "({ signals: ['logs'], counts: { entries: -1 } })";
const UNREADABLE: readonly (readonly [string, string, RegExp])[] = [
  ["answers 500", failed, /odd: \/parts answered 500/],
  ["has no right shape", malformed, /inventory gave a wrong answer/],
  ["hangs", hanging, /did not answer within/],
];

async function stranger(source: string): Promise<string> {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${OFF}` });
  await Bun.write(join(cwd, "odd.ts"), source);
  expect((await run(["plugin", "add", "./odd.ts", "--yes"], { cwd })).exitCode).toBe(0);
  return cwd;
}

test.each(UNREADABLE)(
  "a stranger's inventory that %s: its size is shown, and what can be exported is, exit code 3",
  async (name, inventory, why) => {
    const cwd = await stranger(STRANGER(inventory));
    const shown = await run(["inventory", "--json", "--timeout", "3s"], { cwd });
    const [found] = parsedAs(INVENTORY, shown.stdout).backends;
    expect(shown.exitCode).toBe(3);
    expect(found).toMatchObject({ size: { bytes: 4_096 }, reason: expect.stringMatching(why) });
    expect((await run(["inventory", "--timeout", "3s"], { cwd })).stdout).toMatch(/acme\/odd +4\.1 kB +\S/);
    if (name === "hangs") return;
    const { stdout, exitCode } = await run(["export", "--json"], { cwd });
    const { status, backends } = parsedAs(EXPORT, stdout);
    expect({ exitCode, status }).toEqual({ exitCode: 3, status: "partial" });
    expect(backends[0]).toMatchObject({ counts: { entries: 2 }, agrees: true, status: "partial" });
    expect(backends[0]?.problems).toMatchObject([
      { kind: "incomplete", reason: expect.stringContaining("it could not say what it holds") },
    ]);
  },
);

test("a size that cannot be found out, or never comes, costs nothing else", async () => {
  const sound = "({ signals: ['logs'], oldest: ENTRIES[1], newest: ENTRIES[0] })";
  for (const size of [failed, "new Promise(() => {})"]) {
    const cwd = await stranger(STRANGER(sound, size));
    const { stdout } = await run(["inventory", "--json", "--timeout", "3s"], { cwd });
    const { backends, warnings } = parsedAs(INVENTORY, stdout);
    expect(backends[0]).toMatchObject({ state: "reached", signals: ["logs"] });
    expect(warnings.map(({ kind }) => kind)).toContain("size");
  }
});
