/** Servers that are killed and started again in the middle of an export, on the same ports and with the same data. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const NAMES = ["tempo", "mimir", "loki", "grafana"] as const;
const MAIN = resolve(import.meta.dir, "../lab/main.ts");

/** Starts the lab as a program. @returns it, once it answers, with its URLs */
async function startLab(now: number, ports: Readonly<Record<string, number>> = {}) {
  const args = ["--now", `${now}`, "--ports", JSON.stringify(ports)];
  const child = Bun.spawn([process.execPath, MAIN, ...args], { stdout: "pipe" });
  const reader = child.stdout.getReader();
  let text = "";
  while (!text.includes("\n")) text += new TextDecoder().decode((await reader.read()).value);
  const urls: Record<string, string> = JSON.parse(text);
  return { child, urls };
}

/** The lines of the index of the snapshot that is being written. */
function indexLines(directory: string): number {
  const [partial] = existsSync(directory)
    ? readdirSync(directory).filter((name) => name.startsWith("."))
    : [];
  const index = join(directory, partial ?? "", "blocks.jsonl");
  return existsSync(index) ? readFileSync(index, "utf8").split("\n").length : 0;
}

test("an export whose servers are killed and come back is complete, and holds what an undisturbed one holds", async () => {
  const now = Date.now();
  const first = await startLab(now);
  const ports = Object.fromEntries(
    Object.entries(first.urls).map(([name, url]) => [name, Number(new URL(url).port)]),
  );
  let lab = first.child;
  try {
    const cwd = temporaryDirectory();
    const urls = NAMES.map((name) => [`CONTEXTCORE_${name.toUpperCase()}_URL`, first.urls[name] ?? ""]);
    const env = { ...cleanEnv(cwd), ...Object.fromEntries(urls) };
    const [from, to] = [now - 86_400_000, now - 3_600_000].map((ms) => new Date(ms).toISOString());
    const exportInto = (name: string) =>
      run(["export", "--from", `${from}`, "--to", `${to}`, "-o", name, "--json"], { cwd, env });
    const undisturbed = await exportInto("undisturbed");
    expect(undisturbed.exitCode, undisturbed.stderr).toBe(0);
    for (const name of NAMES) {
      const fault = { kind: "latency", ms: 60 };
      await fetch(`${first.urls[name]}/-/faults`, { method: "POST", body: JSON.stringify(fault) });
    }
    const under = exportInto("disturbed");
    const directory = join(cwd, "disturbed");
    while (indexLines(directory) < 12) await Bun.sleep(5);
    lab.kill(9);
    await lab.exited;
    const at = indexLines(directory);
    lab = (await startLab(now, ports)).child;
    const disturbed = await under;
    expect(disturbed.exitCode, disturbed.stdout + disturbed.stderr).toBe(0);
    const [a, b] = [undisturbed, disturbed].map(({ stdout }) => JSON.parse(stdout).snapshot);
    expect(readFileSync(join(b.path, "blocks.jsonl"), "utf8").split("\n").length).toBeGreaterThan(at);
    const { plugins } = JSON.parse(readFileSync(join(b.path, "manifest.json"), "utf8"));
    expect(plugins.map(({ agrees }: { agrees: boolean }) => agrees)).toEqual([true, true, true, true]);
    const diff = await run(["snapshots", "diff", a.path, b.path], { cwd, env });
    expect(diff.exitCode, diff.stdout).toBe(0);
  } finally {
    lab.kill();
    await lab.exited;
  }
}, 60_000);
