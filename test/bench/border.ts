/**
 * `bun test/bench/border.ts [--lines N]`: what a record costs more where a plugin runs in a process of its own, as other
 * people's do. The same backend is opened in this process and in one of its own: it makes the lines itself, reads them from
 * a server, and takes them back.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../../src/config/load.ts";
import type { Backend, Plugin } from "../../src/contract/contract.ts";
import { boundsFrom } from "../../src/host/apart/bounds.ts";
import { importModule } from "../../src/host/apart/inside/load.ts";
import { loadApart } from "../../src/host/apart/load-apart.ts";
import { type LoadedPlugin, openBackend } from "../../src/host/opening.ts";
import { checkDeclaration } from "../../src/host/plugin/declaration.ts";
import { locatePlugin } from "../../src/host/plugin/locate.ts";
import { pluginFiles } from "../../src/host/trust/files.ts";

const { values } = parseArgs({ options: { lines: { type: "string", default: "1000000" } } });
const LINES = Number(values.lines);
const STEP = 10_000;
const NEVER = new AbortController().signal;

const PAGE = Array.from({ length: STEP }, (_, n) => `${JSON.stringify({ n, text: "x".repeat(90) })}\n`).join(
  "",
);

const source = (name: string): string => `
import { definePlugin, option, v } from "contextcore";
const records = (text) => ({ records: [{ file: "${name}/lines.jsonl", text, lines: ${STEP}, from: 0n, to: 1n, counts: { lines: ${STEP} } }] });
export default definePlugin({
  name: "${name}", about: "Lines", options: v.object(option.serverOptions("http://127.0.0.1:1")),
  backend: ({ http }) => ({
    inventory: async () => ({ signals: ["logs"], importance: "low" }),
    size: async () => ({ bytes: 0, source: "api" }),
    export: {
      start: async () => ({ cursors: [] }),
      step: async ({ how }, signal) => {
        if (how === "read") return records(await (await http.send({ path: "/", signal })).text());
        let text = "";
        for (let n = 0; n < ${STEP}; n += 1) text += JSON.stringify({ n, text: "x".repeat(90) }) + "\\n";
        return records(text);
      },
    },
    restore: {
      matcher: (match) => (line) => (line.includes(match) ? line : undefined),
      preflight: async () => [],
      apply: async ({ lines }) => ({ written: { lines: lines.length } }),
    },
  }),
});`;

/** What the processes that this one has started have used so far, s. */
function cpuOfChildren(): number {
  const ticks = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) =>
      statOf(pid)
        .replace(/^.*\) /, "")
        .split(" "),
    )
    .filter(([, parent]) => parent === `${process.pid}`)
    .map((fields) => Number(fields[11]) + Number(fields[12]));
  return ticks.reduce((sum, one) => sum + one, 0) / 100;
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + cpuOfChildren();
};

async function measure(work: () => Promise<void>): Promise<{ wall: number; cpu: number }> {
  await work();
  const [began, before] = [performance.now(), cpu()];
  for (let done = 0; done < LINES; done += STEP) await work();
  return { wall: (performance.now() - began) / 1e3, cpu: cpu() - before };
}

async function open(loaded: LoadedPlugin, url: string): Promise<Backend> {
  const config = await loadConfig({ directory: "/", env: {} });
  const backends = { [loaded.plugin.name]: { enabled: true, options: { url } } };
  const [opened] = await openBackend(loaded, { ...config, backends }, {});
  if (opened === undefined) throw new Error("it has no backend");
  return opened.backend;
}

async function inHere(directory: string): Promise<LoadedPlugin> {
  const path = join(directory, "here.ts");
  writeFileSync(path, source("lines"));
  const module = await importModule(path, 10_000);
  const plugin: Plugin = checkDeclaration(Reflect.get(Object(module), "default"), "built-in");
  return { plugin, source: "here" };
}

async function apart(directory: string): Promise<LoadedPlugin> {
  writeFileSync(join(directory, "apart.ts"), source("acme/lines"));
  const location = locatePlugin("./apart.ts", directory);
  const say = (line: string): void => console.error(line);
  const loaded = await loadApart({ location, files: pluginFiles(location), say, ...boundsFrom({}) });
  return { ...loaded, source: "./apart.ts" };
}

const directory = mkdtempSync(join(tmpdir(), "contextcore-bench-"));
using server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(PAGE) });
try {
  const backends = [
    ["in this process", await open(await inHere(directory), server.url.origin)],
    ["in its own", await open(await apart(directory), server.url.origin)],
  ] as const;
  const lines = PAGE.trimEnd().split("\n");
  const batch = { file: "f", lines, range: { from: 0n, to: 1n }, labels: {} };
  const work = {
    "export, made by the plugin": (backend: Backend) => backend.export.step({ how: "make" }, NEVER),
    "export, read from a server": (backend: Backend) => backend.export.step({ how: "read" }, NEVER),
    restore: (backend: Backend) => backend.restore?.apply(batch, NEVER),
    "restore by selector": async ({ restore }: Backend) => {
      const matcher = restore?.matcher?.('"n":5');
      if (matcher?.many === undefined) for (const line of lines) matcher?.(line, "f");
      else await matcher.many(lines, "f", NEVER);
    },
    "a call of the smallest hook": async (backend: Backend) => backend.size(NEVER),
  };
  for (const [what, call] of Object.entries(work)) {
    for (const [where, backend] of backends) {
      const { wall, cpu: used } = await measure(async () => void (await call(backend)));
      const unit = what.startsWith("a call") ? LINES / STEP : LINES;
      const each = (seconds: number): string => `${((seconds / unit) * 1e6).toFixed(2).padStart(8)} µs`;
      console.log(`${what.padEnd(30)}${where.padEnd(18)}${each(wall)}${each(used)} CPU`);
    }
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
