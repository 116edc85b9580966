/** What lies beside the samples, there and back: rules, the Alertmanager, descriptions, exemplars. */
import { expect, test } from "bun:test";
import { float, harvest, labels, NOW_MS, never, REQUEST, range, START, serveLab } from "./support.ts";

test("rules, the Alertmanager's configuration, descriptions and exemplars lie beside the samples", async () => {
  await using lab = serveLab();
  const store = lab.face.store();
  store.rules.set("team/a", new Map([["g: 1", "name: 'g: 1'\nrules:\n  - record: x\n    expr: sum(y)\n"]]));
  store.alertmanager = "alertmanager_config: |\n  route: {receiver: x}\n";
  store.metadata.set("constructor", { type: "gauge", help: "a metric's name like any other", unit: "" });
  const own = labels("a", { prototype: "x" });
  lab.face.put([{ labels: own, points: [float(START, 1)] }]);
  store.exemplars.set(JSON.stringify(own), {
    labels: own,
    list: [{ labels: { id: "7" }, value: Number.NaN, time: START + 1 }],
  });
  const found = await harvest(lab.open(), REQUEST);
  const [path = ""] = [...found.objects.keys()];
  expect(path).toBe("mimir/rules/team_a/g_ 1.yaml");
  expect(found.objects.get(path)).toStartWith('# namespace: "team/a"\nname: "g: 1"\n');
  expect(found.objects.get("mimir/alertmanager.yaml")).toBe(store.alertmanager);
  expect(found.lines.get("mimir/metadata.json")).toEqual([
    '{"metric":"constructor","type":"gauge","help":"a metric\'s name like any other","unit":""}',
  ]);
  expect(found.lines.get("mimir/exemplars.json")).toEqual([
    `{"metric":{"__name__":"a","prototype":"x"},"exemplars":[{"labels":{"id":"7"},"value":"NaN","timestamp":${START + 1}}]}`,
  ]);

  await using other = serveLab();
  const restorer = other.open().restore;
  const apply = (file: string, lines: readonly string[]) =>
    restorer?.apply({ file, lines, range: REQUEST.range, labels: {} }, never);
  const rank = (file: string): number => restorer?.rank?.(file) ?? 0;
  for (const [file, lines] of [...found.lines].sort(([a], [b]) => rank(a) - rank(b)))
    expect((await apply(file, lines))?.rejected ?? []).toEqual([]);
  for (const [file, text] of found.objects) expect((await apply(file, [text]))?.rejected ?? []).toEqual([]);
  const again = await harvest(other.open(), REQUEST);
  expect([again.lines, again.objects]).toEqual([found.lines, found.objects]);
  other.face.store().rules.get("team/a")?.set("g: 1", "name: 'g: 1'\nrules: []\n");
  const group = found.objects.get(path) ?? "";
  const differing = [{ name: "rule group team/a/g: 1", what: "1 of 1 rules" }];
  expect(await apply(path, [group])).toEqual({ written: {}, differing });
  expect((await harvest(other.open(), REQUEST)).objects.get(path)).toContain("rules: []");
  other.face.store().alertmanager = "alertmanager_config: |\n  route: {receiver: y}\n";
  const compared = await restorer?.compare?.(
    [...found.objects].map(([file, line]) => ({ file, line })),
    never,
  );
  expect(compared).toEqual([
    { state: "differs", name: "rule group team/a/g: 1", what: "1 of 1 rules" },
    { state: "differs", name: "Alertmanager configuration", what: "alertmanager_config" },
  ]);
  for (const [file, text] of found.objects) {
    const batch = { file, lines: [text], range: REQUEST.range, labels: {}, existing: "replace" } as const;
    expect((await restorer?.apply(batch, never))?.differing?.length).toBe(1);
  }
  expect((await harvest(other.open(), REQUEST)).objects).toEqual(found.objects);
});

test("a Prometheus keeps its rules in its own files, which is said", async () => {
  await using lab = serveLab({ flavour: "prometheus" }, (request) =>
    request.url.endsWith("/api/v1/rules")
      ? Response.json({ status: "success", data: { groups: [{ name: "g", file: "/etc/r.yml", rules: [] }] } })
      : undefined,
  );
  lab.face.put([{ labels: labels("a"), points: [float(START, 1)] }]);
  const found = await harvest(lab.open(), REQUEST);
  expect([...found.objects.keys()]).toEqual(["mimir/rules.json"]);
  expect(found.problems.map(({ kind, items }) => [kind, items])).toEqual([["lossy", ["g"]]]);
});

test("rule groups whose names together spell those of others are kept apart", async () => {
  await using lab = serveLab();
  const group = (name: string) => [name, `name: ${name}\nrules: []\n`] as const;
  const { rules } = lab.face.store();
  rules.set("a", new Map([group("b c"), group("b")]));
  rules.set("a b", new Map([group("c")]));
  const found = await harvest(lab.open(), REQUEST);
  const kept = [...found.objects].map(([path, text]) => [path, text.split("\n").slice(0, 2).join(" ")]);
  expect(kept.sort()).toEqual([
    ["mimir/rules/a b/c.yaml", '# namespace: "a b" name: c'],
    ["mimir/rules/a/b c.yaml", '# namespace: "a" name: b c'],
    ["mimir/rules/a/b.yaml", '# namespace: "a" name: b'],
  ]);
});

test("exemplars are counted one by one, and those outside the range stay behind", async () => {
  await using lab = serveLab();
  const exemplars = [START, START + 2, START + 3].map((timestamp) => ({ labels: {}, value: "1", timestamp }));
  const lines = [JSON.stringify({ metric: { __name__: "a" }, exemplars })];
  const apply = (fromMs: number, toMs: number) => {
    const batch = { file: "mimir/exemplars.json", lines, range: range(fromMs, toMs), labels: {} };
    return lab.open().restore?.apply(batch, never);
  };
  expect(await apply(START + 4, NOW_MS)).toEqual({ written: {} });
  expect(lab.asked.filter((path) => path.endsWith("/push"))).toEqual([]);
  expect(await apply(START + 2, START + 4)).toEqual({ written: { exemplars: 2 } });
  expect([...lab.face.store().exemplars.values()].map(({ list }) => list.map(({ time }) => time))).toEqual([
    [START + 2, START + 3],
  ]);
});

test("a server that has no descriptions leaves them out of its answer, and nothing is missing", async () => {
  await using lab = serveLab();
  lab.face.put([{ labels: labels("a"), points: [float(START, 1)] }]);
  const { problems, lines } = await harvest(lab.open(), REQUEST);
  expect(problems).toEqual([]);
  expect(lines.get("mimir/metadata.json")).toBeUndefined();
});

test("exemplars reach a Mimir that has no descriptions, though it drops a request of nothing else", async () => {
  await using lab = serveLab();
  const own = labels("a");
  lab.face.put([{ labels: own, points: [float(START, 1)] }]);
  const exemplars = [{ labels: { id: "7" }, value: "1", timestamp: START + 1 }];
  const line = JSON.stringify({ metric: Object.fromEntries(own), exemplars });
  const batch = { file: "mimir/exemplars.json", lines: [line], range: REQUEST.range, labels: {} };
  expect(await lab.open().restore?.apply(batch, never)).toEqual({ written: { exemplars: 1 } });
  expect((await harvest(lab.open(), REQUEST)).lines.get("mimir/exemplars.json")).toEqual([line]);
});
