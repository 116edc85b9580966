/**
 * Traces that grow into an earlier window of the export while it runs: each of their spans is saved once, however the export goes
 * on, and what was saved is called what it is.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Gate, grownTempo, RANGE, spanNames, TRACE } from "../plugins/tempo/grown.ts";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000);

const STORES = "stores:\n  offsite: { plugin: directory, path: ./offsite }\n";

function project(url: string, otlpUrl = url): string {
  const others = ["mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
  const tempo = `  tempo: { url: "${url}", otlpUrl: "${otlpUrl}" }\n`;
  return temporaryDirectory({ "contextcore.yaml": `name: shop\n${STORES}backends:\n${tempo}${others}` });
}

const range = ["--from", RANGE.from, "--to", RANGE.to];

async function printed(cwd: string, ...args: readonly string[]) {
  const { stdout, stderr, exitCode } = await run([...args, "--json"], { cwd });
  return { exitCode, stderr, printed: stdout === "" ? undefined : JSON.parse(stdout) };
}

/** The newest snapshot's lines of traces, wherever its parts lie. */
function traceLines(directory: string): string[] {
  const [name = ""] = readdirSync(directory).filter((one) => !one.startsWith("."));
  const files = readdirSync(join(directory, name)).filter((one) => /^traces.*\.json$/.test(one));
  return files.flatMap((file) =>
    readFileSync(join(directory, name, file), "utf8")
      .split("\n")
      .filter(Boolean),
  );
}

const linesOfTrace = (directory: string): string[] =>
  traceLines(directory).filter((line) => line.includes(TRACE));

/** Everything that is there is in the snapshot, once, and everything that looks at the snapshot says so. */
async function expectWhole(cwd: string, exported: { exitCode: number; stderr: string }, directory: string) {
  expect(exported.stderr).not.toContain("fewer than were read");
  expect(exported.exitCode, exported.stderr).toBe(0);
  expect(linesOfTrace(directory).flatMap(spanNames).sort()).toEqual(["early", "late", "later"]);
  const verified = await run(["verify", directory.endsWith("offsite") ? "offsite:latest" : "latest"], {
    cwd,
  });
  expect(verified.exitCode, verified.stderr).toBe(0);
}

const GATES: readonly Gate[] = ["the later window was saved first", "the earlier window was listed first"];

const SELECTOR = ["--match", 'tempo={ resource.service.name = "shop" }'];

test.each(GATES)("when %s, it is there once and whole", async (gate) => {
  await using tempo = grownTempo(gate);
  const cwd = project(tempo.url);
  const exported = await run(["export", ...range], { cwd });
  await expectWhole(cwd, exported, join(cwd, "backups"));
});

test("with a selector nothing is counted: when the earlier window was listed first, it is there whole", async () => {
  await using tempo = grownTempo("the earlier window was listed first");
  const cwd = project(tempo.url);
  const exported = await run(["export", ...range, ...SELECTOR], { cwd });
  await expectWhole(cwd, exported, join(cwd, "backups"));
});

test("with a selector, when the later window was saved first, it is there once, as it was when it was read", async () => {
  await using tempo = grownTempo("the later window was saved first");
  const cwd = project(tempo.url);
  const exported = await run(["export", ...range, ...SELECTOR], { cwd });
  expect(exported.exitCode, exported.stderr).toBe(0);
  expect(linesOfTrace(join(cwd, "backups")).map(spanNames)).toEqual([["late", "later"]]);
  expect((await run(["verify", "latest"], { cwd })).exitCode).toBe(0);
});

test("straight into a place, when the later window was saved first", async () => {
  await using tempo = grownTempo("the later window was saved first");
  const cwd = project(tempo.url);
  const exported = await run(["export", ...range, "-o", "offsite"], { cwd });
  await expectWhole(cwd, exported, join(cwd, "offsite"));
});

/** Starts an export and kills it once the later window is committed, while the earlier one has no answer. */
async function killed(
  cwd: string,
  tempo: ReturnType<typeof grownTempo>,
  isCommitted: () => boolean,
  more: string[],
) {
  const child = Bun.spawn([binary, "export", ...range, ...more], {
    cwd,
    env: cleanEnv(cwd),
    stdout: "ignore",
    stderr: "ignore",
  });
  await tempo.read;
  while (!isCommitted() && child.exitCode === null) await Bun.sleep(20);
  child.kill(9);
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  tempo.release();
}

const filesBelow = (directory: string): string[] =>
  existsSync(directory) ? readdirSync(directory, { recursive: true }).map(String) : [];

test("after kill -9, when it goes on", async () => {
  await using tempo = grownTempo("held until released");
  const cwd = project(tempo.url);
  const index = (): string | undefined =>
    filesBelow(join(cwd, "backups")).find((path) => path.endsWith("blocks.jsonl"));
  const isCommitted = (): boolean => {
    const path = index();
    return path !== undefined && readFileSync(join(cwd, "backups", path), "utf8").includes('"traces.json"');
  };
  await killed(cwd, tempo, isCommitted, []);
  const exported = await run(["export", "--resume"], { cwd });
  await expectWhole(cwd, exported, join(cwd, "backups"));
});

test("after kill -9 of an export into a place, when it goes on", async () => {
  await using tempo = grownTempo("held until released");
  const cwd = project(tempo.url);
  const isCommitted = (): boolean =>
    filesBelow(join(cwd, "offsite")).some((path) => {
      if (!/\/commits\/.*\.json$/.test(path)) return false;
      return readFileSync(join(cwd, "offsite", path), "utf8").includes("traces.");
    });
  await killed(cwd, tempo, isCommitted, ["-o", "offsite"]);
  const exported = await run(["export", "--resume", "-o", "offsite"], { cwd });
  await expectWhole(cwd, exported, join(cwd, "offsite"));
});

test("what was saved is counted right, is the same as a second export, and is restored once", async () => {
  await using tempo = grownTempo("the later window was saved first");
  const cwd = project(tempo.url);
  const first = await printed(cwd, "export", ...range);
  expect(first.printed, first.stderr).toMatchObject({
    status: "complete",
    backends: [{ backend: "tempo", counts: { traces: 1, spans: 3, spansInRange: 3 } }],
  });
  const live = await run(["verify", "latest", "--live"], { cwd });
  expect(live.exitCode, live.stderr).toBe(0);

  await using empty = grownTempo("nothing is there");
  const restored = await printed(
    project(empty.url, empty.otlpUrl),
    "restore",
    join(cwd, "backups", readdirSync(join(cwd, "backups"))[0] ?? ""),
    "--yes",
  );
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(restored.printed).toMatchObject({ backends: [{ backend: "tempo" }] });
  expect(empty.spans()).toEqual(["early", "late", "later"]);
});
