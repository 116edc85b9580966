/** What the manifest says of traces that Tempo lists and does not give. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { startLab } from "../../lab/lab.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import { run } from "../../support/binary.ts";
import { labProject } from "../../support/project.ts";
import { MINUTE, span, traceOf } from "./support.ts";

const lab = await startLab({ empty: true });
afterAll(() => lab.stop());

test("each is named once, however often it is asked for", async () => {
  const id = "abc".padStart(32, "0");
  const now = BigInt(Date.now()) * 1_000_000n;
  const begin = now - 10n * MINUTE;
  const trace = traceOf("shop", [span(id, "1", begin), span(id, "2", begin + MINUTE)]);
  lab.faces.tempo.add([storedTrace(id, trace)]);
  lab.faults.tempo.add({ kind: "status", status: 404, path: `/traces/${id}` });
  const cwd = labProject(lab, { only: ["tempo"], more: "export: { recount: 0s }" });
  const { exitCode, stdout } = await run(["export", "-t", "1h", "--json"], { cwd });
  expect(exitCode).toBe(3);
  const { plugins } = await Bun.file(join(JSON.parse(stdout).snapshot.path, "manifest.json")).json();
  const problems: { reason: string; items: string[]; itemsTotal: number }[] = plugins[0].problems;
  const about = problems.filter(({ items }) => items.length > 0);
  expect(about.map(({ items, itemsTotal }) => ({ items, itemsTotal }))).toEqual([
    { items: [id], itemsTotal: 1 },
  ]);
}, 60_000);
