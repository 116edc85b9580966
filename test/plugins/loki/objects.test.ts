/** The small files beside the lines: rule groups, there and back, and delete requests, which stay. */
import { expect, test } from "bun:test";
import { DAY, entriesFrom, HOUR, harvest, NOW, never, put, SECOND, stage } from "./support.ts";

const GROUP = 'name: errors\nrules:\n  - alert: Many\n    expr: sum(rate({app="web"}[5m])) > 1\n';

test("rules are kept one file a group, and put back where they came from", async () => {
  await using here = stage();
  await using empty = stage();
  for (const namespace of ["team a/b", "TEAM A/B", "c"]) {
    const url = `${here.url}/loki/api/v1/rules/${encodeURIComponent(encodeURIComponent(namespace))}`;
    expect((await fetch(url, { method: "POST", body: GROUP })).status).toBe(202);
  }
  const found = await harvest(here.backend);
  expect([...found.objects.keys()].sort()).toEqual([
    "loki/rules/TEAM A_B/errors (2).yaml",
    "loki/rules/c/errors.yaml",
    "loki/rules/team a_b/errors.yaml",
  ]);
  for (const [file, text] of found.objects) {
    const answer = await empty.backend.restore?.apply({ file, lines: [text], range: DAY, labels: {} }, never);
    expect(answer).toEqual({ written: { rules: 1 } });
  }
  const rules = async (url: string) => (await fetch(`${url}/loki/api/v1/rules`)).text();
  expect((await rules(empty.url)).split("\n").sort()).toEqual((await rules(here.url)).split("\n").sort());
});

test("rules that the server keeps in local files cannot be written: each is refused with what to do, once", async () => {
  await using here = stage({ localRules: true });
  const text = `# namespace: "team"\n${GROUP}`;
  const batch = { file: "loki/rules/team/errors.yaml", lines: [text], range: DAY, labels: {} };
  expect(await here.backend.restore?.apply(batch, never)).toEqual({
    written: {},
    rejected: [{ line: text, reason: expect.stringContaining("ruler_storage.local.directory") }],
  });
  // It was looked for, and offered once.
  expect(here.asked.length).toBe(2);
});

test("pending delete requests are kept beside the lines that they hide, and never carried out again", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 3, SECOND));
  const from = NOW / SECOND - 7200n;
  await fetch(`${here.url}/loki/api/v1/delete?query={app="web"}&start=${from}&end=${NOW / SECOND}`, {
    method: "POST",
  });
  const found = await harvest(here.backend);
  const text = found.objects.get("loki/deletes.json") ?? "";
  expect(JSON.parse(text)).toMatchObject([
    { query: '{app="web"}', status: "received", start_time: Number(from) },
  ]);
  expect(found.problems).toMatchObject([{ kind: "not-contained", range: { from: from * SECOND, to: NOW } }]);
  const batch = { file: "loki/deletes.json", lines: [text], range: DAY, labels: {} };
  expect(await here.backend.restore?.apply(batch, never)).toEqual({ written: {} });
  expect(JSON.parse(await (await fetch(`${here.url}/loki/api/v1/delete`)).text()).length).toBe(1);
});

test("a rule group that is there already stays as it is, and what differs is named; or it is replaced", async () => {
  await using here = stage();
  const url = `${here.url}/loki/api/v1/rules/team`;
  await fetch(url, { method: "POST", body: GROUP });
  const file = "loki/rules/team/errors.yaml";
  const apply = (text: string, existing?: "replace") =>
    here.backend.restore?.apply(
      { file, lines: [text], range: DAY, labels: {}, ...(existing && { existing }) },
      never,
    );
  const compare = async (line: string) =>
    (await here.backend.restore?.compare?.([{ file, line }], never))?.[0];
  expect(await apply(`# namespace: "team"\n${GROUP}`)).toEqual({ written: {}, existing: { rules: 1 } });
  const other = `# namespace: "team"\n${GROUP.replace("> 1", "> 2")}`;
  const differing = { name: "rule group team/errors", what: "1 of 1 rules" };
  expect(await apply(other)).toEqual({ written: {}, differing: [differing] });
  expect(await (await fetch(url)).text()).toContain("> 1");
  expect(await compare(other)).toEqual({ state: "differs", ...differing });
  expect(await compare(`# namespace: "team"\n${GROUP}`)).toEqual({
    state: "equal",
    name: "rule group team/errors",
  });
  expect(await compare(`# namespace: "other"\n${GROUP}`)).toEqual({
    state: "missing",
    name: "rule group other/errors",
  });
  expect(await apply(other, "replace")).toEqual({ written: { rules: 1 }, differing: [differing] });
  expect(await (await fetch(url)).text()).toContain("> 2");
});
