import { expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/directory.ts";
import { NEVER, open, startGrafana } from "./support.ts";

const bytes = (number: number): string => "x".repeat(number);

test("the database on this disk is measured, not what lies beside it", async () => {
  await using grafana = await startGrafana();
  const data = temporaryDirectory({
    "grafana.db": bytes(500_000),
    "grafana.db-wal": bytes(100_000),
    "plugins/big/module.js": bytes(900_000),
  });
  const { backend } = await open(grafana, { data });
  const size = await backend.size(NEVER);
  expect(size.source).toBe("disk");
  expect(size.bytes).toBeGreaterThanOrEqual(600_000);
  expect(size.bytes).toBeLessThan(700_000);
  const file = await open(grafana, { data: join(data, "grafana.db") });
  expect((await file.backend.size(NEVER)).bytes).toBeLessThan(510_000);
});

test("without a database there, the whole directory counts", async () => {
  await using grafana = await startGrafana();
  const data = temporaryDirectory({ "postgres/base/1": bytes(300_000) });
  const size = await (await open(grafana, { data })).backend.size(NEVER);
  expect(size.source).toBe("disk");
  expect(size.bytes).toBeGreaterThanOrEqual(300_000);
});

test("a directory that is not there gives an estimate that says why", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const size = await (await open(grafana, { data: "/not/there" })).backend.size(NEVER);
  expect(size.source).toBe("estimate");
  expect(size.how).toBe("11 of 11 dashboards read, as JSON, since /not/there is not there");
  expect(size.bytes).toBeGreaterThan(5000);
});

test("an empty Grafana has no size", async () => {
  await using grafana = await startGrafana();
  expect(await (await open(grafana)).backend.size(NEVER)).toMatchObject({ bytes: 0, source: "estimate" });
});

test("the inventory of an empty Grafana is no error", async () => {
  await using grafana = await startGrafana({ version: "12.1.0" });
  expect(await (await open(grafana)).backend.inventory(NEVER)).toEqual({
    signals: ["dashboards"],
    serverVersion: "12.1.0",
    retention: "unlimited",
    importance: "medium",
    counts: { dashboards: 0, folders: 0, "data-sources": 0, "library-panels": 0, "alert-rules": 0 },
    warnings: [],
  });
});

test("a token that shows nothing is worth a warning", async () => {
  const account = { login: "sa", token: "glsa_none", role: "Viewer", view: { folders: [] } } as const;
  await using grafana = await startGrafana({ seed: 1, anonymous: false, accounts: [account] });
  const { warnings = [] } = await (await open(grafana, { token: "glsa_none" })).backend.inventory(NEVER);
  expect(warnings.join("\n")).toContain("No dashboard can be seen with this token.");
});
