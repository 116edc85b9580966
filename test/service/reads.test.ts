/** What may be read over HTTP: the same as the command line prints, of a project with snapshots and a place. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { labProject } from "../support/project.ts";
import { eventsOf, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

const lab = await startLab();
afterAll(() => lab.stop());

const cwd = labProject(lab, {
  only: ["loki"],
  more: "stores:\n  usb: { plugin: directory, path: ./usb }\ncopies: [usb]\n",
});
await run(["export", "-t", "1h"], { cwd });
await run(["export", "-t", "2h"], { cwd });
const service = await startService(cwd);

const printed = async (...args: string[]) => JSON.parse((await run([...args, "--json"], { cwd })).stdout);

async function read(path: string, status = 200) {
  const response = await service.ask(path);
  const body = await response.json();
  expect([path, response.status, body]).toEqual([path, status, expect.anything()]);
  return body as Record<string, unknown> & { detail?: string; events: { id: string; seq: number }[] };
}

test("snapshots, one of them, what they cover and in what two differ are what the commands print", async () => {
  const listed = await printed("snapshots", "list");
  expect(await read("/api/v1/snapshots")).toEqual(listed);
  const [older, newer] = listed.snapshots.map(({ name }: { name: string }) => name);
  expect(await read(`/api/v1/snapshots/${older}`)).toEqual(await printed("snapshots", "show", older));
  expect(await read("/api/v1/snapshots/latest")).toEqual(await printed("snapshots", "show", "latest"));
  expect(await read(`/api/v1/snapshots/${older}/diff?with=${newer}`)).toEqual(
    await printed("snapshots", "diff", older, newer),
  );
  expect(await read("/api/v1/coverage")).toMatchObject({ coverage: listed.coverage });
  expect((await read("/api/v1/snapshots?place=usb")).place).toBe("usb");
  expect(await read(`/api/v1/snapshots/usb:${older}`)).toMatchObject({ snapshot: { path: `usb:${older}` } });
  expect(await read("/api/v1/places")).toMatchObject({
    places: [
      {
        place: "usb",
        plugin: "directory",
        receivesExports: true,
        copiesTotal: 2,
        soundTotal: 2,
        snapshot: { name: newer },
      },
    ],
  });
  expect(await read("/api/v1/inventory")).toMatchObject({
    schema: { name: "inventory" },
    backends: [{ backend: "loki" }],
  });
  expect(await read("/api/v1/settings")).toEqual(await printed("config", "show"));
});

test("what is new shows at once, and what was thrown away does no harm", async () => {
  const before = await read("/api/v1/snapshots");
  rmSync(join(cwd, ".contextcore/overview.json"));
  expect(await read("/api/v1/snapshots")).toEqual(before);
  await run(["export", "-t", "1h"], { cwd });
  expect((await read("/api/v1/coverage")).coverage).toEqual((await printed("snapshots", "list")).coverage);
  expect(await read("/api/v1/snapshots")).toEqual(await printed("snapshots", "list"));
});

test.each([
  "../backups",
  "%2e%2e%2f%2e%2e%2fetc",
  "s3:%2F%2Fbucket%2Fx",
  "--config=x",
  "elsewhere:20260124-143000",
  "20260124-1430",
  ".",
])("%s names no snapshot, and nothing else", async (name) => {
  const { detail } = await read(`/api/v1/snapshots/${name}`, 404);
  expect(detail).toStartWith("there is no");
});

test("a snapshot that there is not is 404, in the words of the command line", async () => {
  expect(await read("/api/v1/snapshots/20200101-000000", 404)).toMatchObject({
    detail: expect.stringContaining("there is no snapshot 20200101-000000"),
    hint: expect.stringContaining("contextcore snapshots list"),
  });
  expect(await read("/api/v1/snapshots?place=nowhere", 404)).toMatchObject({
    detail: "there is no place nowhere",
  });
});

test("events: the newest, those that fit, one of them, and whether all are as they were recorded", async () => {
  const all = eventsOf(cwd);
  expect((await read("/api/v1/audit?limit=2")).events).toEqual(all.slice(-2));
  const exports = all.filter(({ operation, outcome }) => operation === "export" && outcome === "success");
  expect((await read("/api/v1/audit?operation=export&outcome=success")).events).toEqual(exports);
  expect((await read("/api/v1/audit?target_type=copy&via=cli&limit=1")).events).toEqual(
    all.filter(({ operation }) => operation === "copy").slice(-1),
  );
  expect((await read("/api/v1/audit?from=2h&grep=loki&user=nobody")).events).toEqual([]);
  expect(await read(`/api/v1/audit/${all[0].id}`)).toEqual(await printed("audit", "show", all[0].id));
  expect(await read("/api/v1/audit/99999", 404)).toMatchObject({ detail: "there is no event 99999" });
  expect(await read("/api/v1/audit/verify")).toEqual(await printed("audit", "verify"));
  expect((await read("/api/v1/audit?operation=exprt", 400)).hint).toContain("did you mean export");
  expect((await read("/api/v1/audit?from=soon", 400)).detail).toContain("from:");
  expect((await read("/api/v1/audit?limit=1001", 400)).detail).toBe(
    "the query is wrong: limit: more than 1000",
  );
  expect((await read("/api/v1/audit?limit=0", 400)).detail).toContain("not a number above zero");
});

test("an export of the trail is what was asked for, safe in a spreadsheet, and an event from before its first byte", async () => {
  const token = await run(["serve", "token", "add", "=HYPERLINK", "--role", "viewer"], { cwd });
  expect(token.exitCode).toBe(2);
  const wanted = eventsOf(cwd);
  const csv = await service.ask("/api/export/audit/csv", { headers: { "X-Request-Id": "export-1" } });
  expect([csv.status, csv.headers.get("content-type")]).toEqual([
    200,
    "text/csv; charset=utf-8; header=present",
  ]);
  const rows: Record<string, string>[] = parse(await csv.text(), { columns: true });
  expect(rows.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
  expect(rows.some(({ data_affected }) => /^[=+\-@]/.test(data_affected ?? ""))).toBe(false);
  expect(eventsOf(cwd).slice(-2)).toMatchObject([
    { operation: "audit_export", outcome: "started", user: "admin", via: "api", request: "export-1" },
    { operation: "audit_export", outcome: "success", details: { events: wanted.length, format: "csv" } },
  ]);
  const json = await service.ask("/api/export/audit/json?user_id=admin&action=audit_export&limit=1");
  expect(await json.json()).toMatchObject([{ operation: "audit_export", outcome: "success", user: "admin" }]);
  const copies = await service.ask(
    "/api/export/audit/json?target_type=copy&from=2020-01-01&to=2030-01-01T00:00:00Z",
  );
  expect((await copies.json()) as unknown[]).toHaveLength(
    wanted.filter(({ operation, data_affected }) => operation === "copy" && data_affected.length > 0).length,
  );
  expect(await (await service.ask("/api/export/audit/json?to=2020-01-01")).json()).toEqual([]);
  for (const wrong of [
    "limit=50001",
    "limit=-1",
    "target_type=cat",
    "user=ada",
    "from=2030-01-01&to=2020-01-01",
    "action=exprt",
  ])
    expect([wrong, (await service.ask(`/api/export/audit/csv?${wrong}`)).status]).toEqual([wrong, 400]);
});

test("none of it left its mark on a log: no token, no secret", () => {
  expect(service.log()).not.toContain(service.admin);
});
