/** Why a run is not whole is what its task says of that, and no other reason that stands in its result. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { dashboardsLack, exportLacks, pruneLacks } from "../../src/service/lacks.ts";
import { offeredTask } from "../../src/service/offered.ts";
import type { Exported } from "../../src/tasks/copy-exported.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { quietProject } from "../support/service.ts";
import { EVERYTHING, KIM, launched } from "./launched.ts";

setDefaultTimeout(60_000);

async function messageOf(directory: string, kind: string, params: object): Promise<string | undefined> {
  await using service = await launched(directory);
  const run = await service.launcher.start({ kind, params, actor: KIM });
  const { outcome, error } = await service.launcher.ended(run.id);
  expect(outcome).not.toBe("success");
  return error?.message;
}

test("of an inventory: the backend that does not answer, and how many others", async () => {
  const down = (name: string) => `  ${name}: { plugin: loki, url: "http://127.0.0.1:1" }\n`;
  const said = await messageOf(quietProject(`${down("logs")}${down("more")}${EVERYTHING}`), "inventory", {});
  expect(said).toMatch(/^logs: .*got no answer.*; and 1 more$/);
});

test("of a verification: the flaw, though a sound snapshot was checked before", async () => {
  const directory = quietProject(EVERYTHING);
  mkdirSync(join(directory, "backups"));
  for (let made = 0; made < 2; made += 1) await smallSnapshot(join(directory, "backups"));
  const newest = readdirSync(join(directory, "backups")).sort().at(-1) ?? "";
  appendFileSync(join(directory, "backups", newest, "metrics/metadata.json"), "x");
  expect(await messageOf(directory, "verify", { all: true })).toMatch(/^metrics\/metadata\.json: /);
});

const problem = (kind: string, reason: string) => ({ kind, reason, ranges: [], items: [], itemsTotal: 0 });

test("of an export: what was lost, not what is only told, and places without a copy", () => {
  const plugins = [
    { name: "grafana", status: "complete", problems: [problem("lossy", "secrets are not exported")] },
    {
      name: "loki",
      status: "partial",
      problems: [problem("normalised", "order"), problem("failed", "answered 500")],
    },
  ];
  const exported = { manifest: { plugins }, copied: [{ place: "near" }, { place: "far", failure: "full" }] };
  expect(exportLacks(exported as unknown as Exported)).toEqual(["loki: answered 500", "far: full"]);
});

test("of what is deleted and written: what was withheld, has changed, failed, or was stopped", () => {
  const withheld = [{ object: "20260124-143000/logs.json", reason: "locked until 2027" }];
  expect(pruneLacks({ removed: [], changed: ["20260125-143000"], withheld })).toEqual([
    "20260124-143000/logs.json: locked until 2027",
    "20260125-143000 has changed since the plan, and was left",
  ]);
  const failed = [{ what: "dashboard a", reason: "answered 403" }];
  const stopped = { reason: new Error("cancelled by lee"), unknown: [] };
  expect(dashboardsLack({ failed, stopped })).toEqual(["cancelled by lee", "dashboard a: answered 403"]);
});

test("each kind says it, of a result of its own", async () => {
  const copy = await offeredTask("copy");
  const lacking = [{ name: "20260124-143000", reason: "it is not here" }];
  expect(copy?.lacks({ place: "offsite", copies: [], lacking })).toEqual(["20260124-143000: it is not here"]);
  const restore = await offeredTask("restore");
  const loki = {
    ...{ name: "loki", written: {}, existing: {}, differing: [], unsupported: 0, findings: [] },
    ...{ rejected: 2, refusals: [{ reason: "too old", records: 2 }], lost: [], problems: [], counted: [] },
  };
  expect(
    restore?.lacks({ plugins: [loki], leftOut: [{ name: "tempo", reason: "it is not configured" }] }),
  ).toEqual(["loki: the server refused 2 records: too old", "tempo: it is not configured"]);
});
