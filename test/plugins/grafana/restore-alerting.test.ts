/** Alerting that is put back: whose it is, and what of it is there already. */
import { expect, test } from "bun:test";
import { exportAll, failure, open, type RunningGrafana, restoreAll, startGrafana, tally } from "./support.ts";

const provenances = ({ face }: RunningGrafana): Record<string, string> =>
  Object.fromEntries([...face.store.rules].map(([uid, rule]) => [uid, rule.provenance]));

test("alerting stays editable where a person made it, and locked where Terraform did", async () => {
  await using source = await startGrafana({ seed: 1 });
  const stuck = source.face.store.rules.get("rule-stuck");
  if (stuck === undefined) throw new Error("no such rule");
  source.face.store.rules.set("rule-stuck", { ...stuck, provenance: "api" });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana();
  await restoreAll((await open(target)).backend, files);
  expect(provenances(target)).toEqual({ "rule-slow": "", "rule-errors": "", "rule-stuck": "api" });
});

/** The rules of the seed's largest group with these provenances, and one more. */
async function withProvenances(given: Readonly<Record<string, string>>): Promise<RunningGrafana> {
  const source = await startGrafana({ seed: 1 });
  const { rules } = source.face.store;
  const slow = rules.get("rule-slow");
  if (slow === undefined) throw new Error("no such rule");
  rules.set("rule-third", { ...slow, fields: { ...slow.fields, uid: "rule-third", title: "Third" } });
  for (const [uid, provenance] of Object.entries(given)) {
    const rule = rules.get(uid);
    if (rule !== undefined) rules.set(uid, { ...rule, provenance });
  }
  return source;
}

const latency = ({ face }: RunningGrafana): string[] =>
  [...face.store.rules].flatMap(([uid, { fields }]) => (fields.ruleGroup === "latency" ? [uid] : []));

test.each([
  { "rule-slow": "", "rule-errors": "api", "rule-third": "" },
  { "rule-slow": "api", "rule-errors": "", "rule-third": "api" },
  { "rule-slow": "api", "rule-errors": "api", "rule-third": "api" },
])("each rule of a group keeps the provenance that it had: %j", async (given) => {
  await using source = await withProvenances(given);
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana();
  const { backend } = await open(target);
  const first = tally(await restoreAll(backend, files));
  expect(first.rejected.filter(({ line }) => line.includes("rule-"))).toEqual([]);
  expect(provenances(target)).toEqual({ ...given, "rule-stuck": "" });
  expect(latency(target)).toEqual(["rule-slow", "rule-errors", "rule-third"]);
  const groups = (all: ReadonlyMap<string, string>) =>
    [...all].filter(([path]) => /\/rules\/.*json$/.test(path));
  expect(groups((await exportAll(backend)).files)).toEqual(groups(files));
});

test("rules that are put into a group that is there keep theirs, too; and an interruption loses none", async () => {
  const given = { "rule-slow": "", "rule-errors": "api", "rule-third": "" };
  await using source = await withProvenances(given);
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana();
  const { backend } = await open(target);
  let calls = 0;
  target.intercept = ({ method, url }) => {
    if (method === "GET" || !/rule-groups|alert-rules/.test(url)) return undefined;
    calls += 1;
    return calls === 2 ? new Response("busy", { status: 503 }) : undefined;
  };
  await failure(restoreAll(backend, files));
  expect(latency(target)).toEqual(["rule-slow"]);
  await restoreAll(backend, files);
  expect(provenances(target)).toEqual({ ...given, "rule-stuck": "" });
});

test("rules of a file in a group are left to it, and named; the others are put back", async () => {
  await using source = await withProvenances({ "rule-slow": "file", "rule-errors": "api" });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana();
  const { problems } = tally(await restoreAll((await open(target)).backend, files));
  expect(provenances(target)).toEqual({ "rule-errors": "api", "rule-third": "", "rule-stuck": "" });
  expect(problems.filter(({ kind }) => kind === "incomplete")).toEqual([
    {
      kind: "incomplete",
      reason: expect.stringContaining("It belongs to provisioning from a file"),
      items: ["Checkout is slow (rule-slow)"],
    },
  ]);
});

test("a rule that is refused costs no other of its group", async () => {
  await using source = await withProvenances({ "rule-slow": "api" });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana();
  let groups = 0;
  target.intercept = ({ method, url }) => {
    if (method === "PUT" && url.includes("/rule-groups/latency")) groups += 1;
    return groups === 1 ? Response.json({ message: "invalid alert rule" }, { status: 400 }) : undefined;
  };
  const { problems } = tally(await restoreAll((await open(target)).backend, files));
  expect(latency(target).length).toBe(2);
  expect(problems.map(({ items }) => items)).toContainEqual(["Checkout is slow (rule-slow)"]);
});

test("a rule group with rules of its own is left whole, and what differs is named", async () => {
  await using source = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana({ seed: 1 });
  target.face.store.rules.delete("rule-slow");
  const own = target.face.store.rules.get("rule-errors");
  if (own === undefined) throw new Error("no such rule");
  target.face.store.rules.set("rule-own", {
    ...own,
    fields: { ...own.fields, uid: "rule-own", title: "Own" },
  });
  const { rejected, differing } = tally(await restoreAll((await open(target)).backend, files));
  expect(rejected.map((one) => one.reason)).toEqual([]);
  expect(differing).toEqual([{ name: "alert rule group latency", what: "1 of 2 rules" }]);
  expect([...target.face.store.rules.keys()].sort()).toEqual(["rule-errors", "rule-own", "rule-stuck"]);
});

test("policies are not written over a tree of the target's own", async () => {
  await using source = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana();
  const own = { receiver: "grafana-default-email", routes: [{ receiver: "grafana-default-email" }] };
  target.face.store.policies = { fields: own, provenance: "" };
  const { differing } = tally(await restoreAll((await open(target)).backend, files));
  expect(differing).toEqual([{ name: "Notification policies", what: "2 of 2 group_by, 1 of 1 routes" }]);
  expect(target.face.store.policies.fields).toEqual(own);
});
