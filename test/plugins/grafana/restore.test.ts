import { expect, test } from "bun:test";
import fc from "fast-check";
import { exportAll, failure, NEVER, open, restoreAll, startGrafana, tally, WEEK } from "./support.ts";

const SECRETS = {
  "mimir/httpHeaderValue1": "anonymous",
  "Billing (PostgreSQL)/password": "again",
  "*/basicAuthPassword": "again",
};

/** What no restore can bring back: alerting's own history, and what belongs to a file beside the server. */
const comparable = (files: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries(
    [...files]
      .filter(([path]) => !path.includes("node-exporter"))
      .map(([path, text]) => [path, text.replace(/^.*"newState":"Alerting".*\n/gm, "")]),
  );

test.each(["13.1.0", "12.1.0"])(
  "Grafana %s: exported, restored into an empty one and exported again, it is equal",
  async (version) => {
    await using source = await startGrafana({ seed: 1, version });
    await using target = await startGrafana({ version });
    const first = await exportAll((await open(source)).backend);
    const into = await open(target, { secrets: SECRETS });
    const answers = await restoreAll(into.backend, first.files);
    const second = await exportAll(into.backend);
    expect(comparable(second.files)).toEqual(comparable(first.files));
    const { written, existing, rejected, problems } = tally(answers);
    // The default contact point is there already; the provisioned dashboard and the alert's annotation are refused.
    expect({ written, existing, rejected: rejected.length }).toEqual({
      written: 73,
      existing: 1,
      rejected: 2,
    });
    expect(problems.flatMap((one) => one.items ?? [])).toEqual([
      "on call / webhook: cp-hook/password",
      "platform team: cp-slack/url",
    ]);
  },
);

test("an old Grafana too, except for the uids of playlists", async () => {
  await using source = await startGrafana({ seed: 1, version: "11.6.0" });
  await using target = await startGrafana({ version: "11.6.0" });
  const first = await exportAll((await open(source)).backend);
  const into = await open(target, { secrets: SECRETS });
  await restoreAll(into.backend, first.files);
  const second = await exportAll(into.backend);
  const rest = (files: ReadonlyMap<string, string>) =>
    Object.fromEntries(Object.entries(comparable(files)).filter(([path]) => !path.includes("playlists")));
  expect(rest(second.files)).toEqual(rest(first.files));
  expect(second.counts.playlists).toBe(1);
  const again = tally(await restoreAll(into.backend, first.files));
  expect(again.written).toBe(0);
});

test("restored twice, nothing changes", async () => {
  await using source = await startGrafana({ seed: 1 });
  await using target = await startGrafana();
  const { files } = await exportAll((await open(source)).backend);
  const { backend } = await open(target);
  await restoreAll(backend, files);
  const before = JSON.stringify([...target.face.store.dashboards.values()]);
  const writes = target.calls.filter((call) => !call.startsWith("GET")).length;
  const { written, existing } = tally(await restoreAll(backend, files));
  expect({ written, existing }).toEqual({ written: 0, existing: 74 });
  expect(target.calls.filter((call) => !call.startsWith("GET")).length).toBe(writes);
  expect(JSON.stringify([...target.face.store.dashboards.values()])).toBe(before);
});

test("what is there is never overwritten", async () => {
  await using source = await startGrafana({ seed: 1 });
  await using target = await startGrafana();
  const { files } = await exportAll((await open(source)).backend);
  await fetch(`${target.url}/api/dashboards/db`, {
    method: "POST",
    body: JSON.stringify({ dashboard: { uid: "tasks-overview", title: "Mine" } }),
  });
  await restoreAll((await open(target)).backend, files);
  expect(target.face.store.dashboards.get("tasks-overview")?.spec.title).toBe("Mine");
});

test("what another tool owns is left to it, unless that is asked for", async () => {
  await using source = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(source)).backend);
  await using left = await startGrafana();
  const refused = tally(await restoreAll((await open(left)).backend, files)).rejected;
  expect(refused.map((one) => one.reason)).toContainEqual(
    expect.stringMatching(/^It belongs to classic-file-provisioning.*backends\.grafana\.managed: true/),
  );
  expect(left.face.store.dashboards.has("node-exporter")).toBe(false);
  await using taken = await startGrafana();
  await restoreAll((await open(taken, { managed: true })).backend, files);
  expect(taken.face.store.dashboards.get("node-exporter")?.manager).toBeUndefined();
});

test("secrets that are given reach the server, and are in no answer", async () => {
  await using source = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana();
  const secrets = { "cp-slack/url": "https://hooks.slack.example/NEW", "*/password": "new-pw" };
  const answers = await restoreAll((await open(target, { secrets })).backend, files);
  expect(target.face.store.contactPoints.find((one) => one.uid === "cp-slack")?.secrets).toEqual({
    url: "https://hooks.slack.example/NEW",
  });
  expect(target.face.store.dataSources.get("billing-db")?.secrets).toEqual({ password: "new-pw" });
  expect(JSON.stringify([...answers])).not.toMatch(/new-pw|hooks\.slack/);
});

test("a refused object is reported with the server's words, and the others are written", async () => {
  await using source = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana({ quotas: { org_dashboard: 4 } });
  const { rejected } = tally(await restoreAll((await open(target)).backend, files));
  expect(target.face.store.dashboards.size).toBe(4);
  const quota = rejected.filter((one) => one.reason.includes("Quota reached"));
  expect(quota).toHaveLength(6);
  expect(quota[0]?.line).toContain("dashboard.grafana.app");
});

test("without its folder a dashboard is refused, not put somewhere else", async () => {
  await using source = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(source)).backend);
  const orphan = [...files].filter(([path]) => path.includes("latency-nord"));
  await using target = await startGrafana();
  const { rejected, written } = tally(await restoreAll((await open(target)).backend, new Map(orphan)));
  expect(written).toBe(0);
  expect(rejected.map((one) => one.reason).join()).toMatch(/answered 404.*Folder not found/);
});

test("a dashboard of the second schema does not go into a Grafana that cannot hold it", async () => {
  await using source = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana({ version: "11.6.0" });
  const { rejected } = tally(await restoreAll((await open(target)).backend, files));
  expect(rejected.map((one) => one.reason)).toContain(
    "This Grafana does not know dashboards of version v2beta1.",
  );
  expect(target.face.store.dashboards.get("svc-checkout")?.folderUid).toBe("projects-services");
});

test("trouble that may pass is an error, so that the batch is tried again", async () => {
  await using source = await startGrafana({ seed: 1 });
  const { files } = await exportAll((await open(source)).backend);
  await using target = await startGrafana();
  const { backend } = await open(target);
  target.intercept = (request) =>
    request.method === "POST" ? Response.json({ message: "database is locked" }, { status: 500 }) : undefined;
  const file = "grafana/folders/Platform-platform.json";
  const batch = { file, lines: [files.get(file) ?? ""], range: WEEK, labels: {} };
  expect(await failure(backend.restore?.apply(batch, NEVER) ?? Promise.resolve())).toMatchObject({
    kind: "temporary",
  });
  target.intercept = undefined;
  expect(await backend.restore?.apply(batch, NEVER)).toEqual({ written: { folders: 1 } });
});

test("a file that is not one of its own, or was damaged, is refused by name", async () => {
  await using target = await startGrafana();
  const { restore } = (await open(target)).backend;
  const apply = (file: string, text: string) =>
    failure(restore?.apply({ file, lines: [text], range: WEEK, labels: {} }, NEVER) ?? Promise.resolve());
  expect(String(await apply("grafana/x/y.json", "{}"))).toContain(
    "grafana/x/y.json is not a file that grafana exports",
  );
  expect(String(await apply("grafana/folders/x.json", '{"uid": "x"'))).toContain(
    "does not hold one JSON object",
  );
  expect(String(await apply("grafana/folders/x.json", '{"uid": 7}'))).toContain(
    "grafana/folders/x.json: uid",
  );
});

test("any dashboard, whatever is in it, comes back as it was", async () => {
  const title = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
    .filter((one) => one.trim() !== "");
  const key = fc
    .string({ maxLength: 12 })
    .filter((one) => !["id", "uid", "version", "title", "__proto__"].includes(one));
  const content = fc.dictionary(key, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(title, content), { minLength: 1, maxLength: 6 }), async (drawn) => {
      await using source = await startGrafana();
      await using target = await startGrafana();
      for (const [index, [name, more]] of drawn.entries()) {
        const dashboard = { ...more, title: name, uid: `any-${index}` };
        const body = JSON.stringify({ dashboard });
        expect((await fetch(`${source.url}/api/dashboards/db`, { method: "POST", body })).status).toBe(200);
      }
      const first = await exportAll((await open(source)).backend);
      const into = await open(target);
      expect(tally(await restoreAll(into.backend, first.files)).rejected).toEqual([]);
      expect(Object.fromEntries((await exportAll(into.backend)).files)).toEqual(
        Object.fromEntries(first.files),
      );
    }),
    { numRuns: 40 },
  );
});
