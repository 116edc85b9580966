/** Names that are hard to put into a URL or a file name: there and back, or named. */
import { expect, test } from "bun:test";
import { type Served, serveAsSent } from "../../lab/as-sent.ts";
import { createGrafana, type GrafanaFace } from "../../lab/grafana/index.ts";
import { NAMES } from "../../support/names.ts";
import { exportAll, NOW, open, restoreAll, startGrafana, tally } from "./support.ts";

async function serve(): Promise<{ face: GrafanaFace; url: string } & AsyncDisposable> {
  const face = createGrafana({ now: () => NOW });
  const server: Served = await serveAsSent((request) => face.handle(request));
  const url = `http://127.0.0.1:${server.port}`;
  return { face, url, [Symbol.asyncDispose]: () => server.stop() };
}

/** A rule group, a template, a mute timing and a contact point of every name. */
function fill({ store }: GrafanaFace): void {
  const now = "2026-01-01T00:00:00Z";
  store.folders.set("f", {
    ...{ id: 1, uid: "f", title: "F", description: "", parentUid: "", version: 1 },
    ...{ created: now, createdBy: "a", updated: now, updatedBy: "a" },
  });
  for (const [index, name] of NAMES.entries()) {
    const rule = { uid: `r${index}`, title: `R${index}`, condition: "A", data: [], orgID: 1 };
    store.rules.set(rule.uid, {
      id: 100 + index,
      fields: { ...rule, folderUID: "f", ruleGroup: name },
      provenance: "",
      updated: now,
    });
    store.intervals.set(`f\u0000${name}`, 120);
    store.templates.set(name, { fields: { name, template: "x" }, provenance: "" });
    store.muteTimings.set(name, { fields: { name, time_intervals: [] }, provenance: "" });
    store.contactPoints.push({
      uid: `c${index}`,
      fields: { name, type: "email", settings: { addresses: "a@b" }, disableResolveMessage: false },
      secrets: {},
      provenance: "",
    });
  }
}

test("every name is exported, restored, and exported again the same", async () => {
  await using source = await serve();
  await using target = await serve();
  fill(source.face);
  const first = await exportAll((await open(source)).backend);
  expect(first.problems.filter(({ kind }) => kind !== "not-contained" && kind !== "normalised")).toEqual([]);
  expect(first.counts).toMatchObject({
    "rule-groups": NAMES.length,
    templates: NAMES.length,
    "mute-timings": NAMES.length,
  });
  const { backend } = await open(target);
  expect(tally(await restoreAll(backend, first.files)).rejected).toEqual([]);
  expect([...target.face.store.rules.values()].map(({ fields }) => fields.ruleGroup)).toEqual(
    expect.arrayContaining([...NAMES]),
  );
  expect([...target.face.store.templates.keys()].sort()).toEqual([...NAMES].sort());
  const second = await exportAll(backend);
  expect([...second.files].sort()).toEqual([...first.files].sort());
});

test("where a proxy takes . and .. for steps, such groups are named as missing, and nothing is made up", async () => {
  await using through = await startGrafana();
  fill(through.face);
  const { problems, counts } = await exportAll((await open(through)).backend);
  expect(counts["rule-groups"]).toBe(NAMES.length - 2);
  expect(problems.filter(({ kind }) => kind === "incomplete")).toEqual(
    [".", ".."].map((name) => ({
      kind: "incomplete",
      reason: expect.stringContaining("does not reach this Grafana"),
      items: [name],
    })),
  );
  expect(problems.map(({ reason }) => reason).join()).not.toContain("Deleted while the export ran");
});
