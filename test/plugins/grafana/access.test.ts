/** What an account may not see or do, and servers that are not Grafana. */
import { expect, test } from "bun:test";
import type { Account } from "../../lab/grafana/index.ts";
import { exportAll, failure, NEVER, open, startGrafana, WEEK } from "./support.ts";

const VIEWER: Account = { login: "sa-viewer", token: "glsa_viewer", role: "Viewer" };
const PARTIAL: Account = {
  login: "sa-partial",
  token: "glsa_partial",
  role: "Admin",
  view: { folders: ["", "projects", "platform-services"], dashboards: ["con-dash"] },
};

test("without credentials nothing is exported, and the error says what to set", async () => {
  await using grafana = await startGrafana({ seed: 1, anonymous: false });
  const { backend } = await open(grafana);
  const error = await failure(backend.export.start({ range: WEEK }, NEVER));
  expect(error).toMatchObject({ kind: "refused", status: 401 });
  expect(String(error)).toContain("Unauthorized");
  expect(await failure(backend.inventory(NEVER))).toMatchObject({ kind: "refused", status: 401 });
});

test("a wrong password and a wrong token are refused, and are in no message", async () => {
  await using grafana = await startGrafana({ anonymous: false });
  for (const options of [{ username: "admin", password: "wr0ng-secret" }, { token: "glsa_wr0ng-secret" }]) {
    const { backend } = await open(grafana, options);
    const error = await failure(backend.export.start({ range: WEEK }, NEVER));
    expect(error).toMatchObject({ kind: "refused", status: 401 });
    expect(Bun.inspect(error)).not.toContain("wr0ng-secret");
  }
});

test("basic authentication and a token both work, in a URL too", async () => {
  await using grafana = await startGrafana({ seed: 1, anonymous: false, accounts: [PARTIAL] });
  const withUser = grafana.url.replace("://", "://admin:admin@");
  for (const [url, options] of [
    [grafana.url, { username: "admin", password: "admin" }],
    [withUser, {}],
  ] as const) {
    const { counts } = await exportAll((await open({ url }, options)).backend);
    expect(counts.dashboards).toBe(11);
  }
});

test("a Viewer's export holds what a Viewer may read, and names what is missing", async () => {
  await using grafana = await startGrafana({ seed: 1, anonymous: false, accounts: [VIEWER] });
  const { backend } = await open(grafana, { token: "glsa_viewer" });
  const { counts, problems } = await exportAll(backend);
  expect(counts).toMatchObject({ dashboards: 11, folders: 7, "library-panels": 2, playlists: 1 });
  const failed = problems.filter((one) => one.kind === "failed").map((one) => one.reason);
  expect(failed).toEqual(
    [
      "data sources",
      "alert rules",
      "contact points",
      "notification policies",
      "mute timings",
      "message templates",
    ].map((what) => `Grafana does not let this account read ${what}; the role Admin would let it.`),
  );
  const { warnings, counts: known } = await backend.inventory(NEVER);
  expect(warnings).toEqual([
    "This account may not read data sources, alert rules: an export will lack them. The role Admin may.",
  ]);
  expect(known).toEqual({ dashboards: 11, folders: 7, "library-panels": 2 });
  expect(await backend.count?.({ range: WEEK }, NEVER)).toEqual({
    dashboards: 11,
    folders: 7,
    "library-panels": 2,
  });
});

test.each(["13.1.0", "11.6.0"])("Grafana %s: an account that sees a part is told so", async (version) => {
  await using grafana = await startGrafana({ seed: 1, version, anonymous: false, accounts: [PARTIAL] });
  const { backend } = await open(grafana, { token: "glsa_partial" });
  const { problems, files } = await exportAll(backend);
  const reasons = problems.filter((one) => one.kind === "incomplete").map((one) => one.reason);
  expect(reasons).toEqual([
    "The account sees only part of this Grafana (it sees folders whose parents it may not see). Export with an account that sees everything.",
  ]);
  const paths = [...files.keys()].filter((path) => /folders|dashboards/.test(path));
  expect(paths).toContain("grafana/folders/Services-platform-services.json");
  expect(paths).toContain("grafana/dashboards/Services/Overview-svc-inventory-service.json");
  expect(paths).toContain("grafana/dashboards/device/_con-con-dash.json");
  expect(paths.join()).not.toContain("sharedwithme");
  expect((await backend.inventory(NEVER)).warnings).toEqual([
    "This account sees only part of the folders: an export will lack the rest.",
  ]);
});

test("library panels that the account may not see are counted as missing", async () => {
  const account: Account = { login: "sa", token: "glsa_x", role: "Admin", view: { folders: [""] } };
  await using grafana = await startGrafana({ seed: 1, anonymous: false, accounts: [account] });
  const { problems, counts } = await exportAll((await open(grafana, { token: "glsa_x" })).backend);
  expect(counts["library-panels"]).toBe(1);
  expect(problems).toContainEqual({
    kind: "incomplete",
    reason: "Library panels that this account may not see: 1.",
  });
});

test("one dashboard that may not be read, or is broken, takes no other with it", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const { next = [] } = await backend.export.step({ kind: "dashboards" }, NEVER);
  const [first = {}] = next;
  grafana.intercept = (request) =>
    request.url.includes(`/dashboards/${String(first.uid)}`)
      ? Response.json({ message: "Access denied to this dashboard" }, { status: 403 })
      : undefined;
  const step = await backend.export.step(first, NEVER);
  expect(step.problems).toEqual([
    {
      kind: "failed",
      reason: "Grafana does not let this account read dashboards; the role Admin would let it.",
      items: [`${String(first.title)} (${String(first.uid)})`],
    },
  ]);
  grafana.intercept = () => Response.json({ message: "boom" }, { status: 500 });
  expect(await failure(backend.export.step(first, NEVER))).toMatchObject({ kind: "temporary", status: 500 });
});

test("alerting that is switched off is not a failure", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  grafana.intercept = (request) =>
    /\/api\/(v1\/provisioning|ruler)\//.test(request.url)
      ? Response.json({ message: "Not found" }, { status: 404 })
      : undefined;
  const { problems } = await exportAll((await open(grafana)).backend);
  expect(problems.map((one) => one.kind)).not.toContain("failed");
  expect(problems.map((one) => one.reason)).toContain(
    "This Grafana has no alert rules: that part of it is switched off or newer than this server.",
  );
});

test("a login page, half an answer and nothing at all are told apart", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const { backend } = await open(grafana);
  const answers: readonly [Response, string, RegExp][] = [
    [
      new Response("<html>Log in</html>", { headers: { "Content-Type": "text/html" } }),
      "invalid",
      /a web page/,
    ],
    [new Response('{"id": 1, "na'), "temporary", /not whole JSON/],
    [new Response(""), "temporary", /not whole JSON/],
    [new Response('{"hello": "world"}'), "invalid", /GET \/api\/org/],
  ];
  for (const [answer, kind, words] of answers) {
    grafana.intercept = () => answer;
    const error = await failure(backend.export.start({ range: WEEK }, NEVER));
    expect(error).toMatchObject({ kind });
    expect(String(error)).toMatch(words);
  }
});

test("the organisation's quotas are its limits", async () => {
  await using none = await startGrafana();
  expect(await (await open(none)).backend.limits?.(NEVER)).toEqual([]);
  await using some = await startGrafana({ quotas: { org_dashboard: 3 } });
  expect(await (await open(some)).backend.limits?.(NEVER)).toEqual([
    {
      setting: "[quota] org_dashboard",
      value: "3",
      effect: "0 of 3 are used; a restore beyond that is refused; -1 sets no limit.",
    },
  ]);
});
