/** An event says which way it was started, where that was not the command line; the trails of before stay what they are. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { exportEvents } from "../../src/audit/export/export.ts";
import { formatEvent } from "../../src/audit/read/line.ts";
import { makeFolder } from "./folder.ts";
import { proveChain } from "./prove.ts";
import { verify } from "./written.ts";

const SERVICE = { user: "grafana-admins", via: "api", request: "01a1fa8f-bc2c", host: "build-7" } as const;
const NIGHT = { user: "ada", via: "schedule", host: "build-7" } as const;

/** An event from the command line, one of a token, one of a schedule. */
async function written() {
  const folder = makeFolder();
  await folder.open().append({ operation: "export", outcome: "success" });
  await folder.open({ identity: SERVICE }).append({ operation: "prune", outcome: "success" });
  await folder.open({ identity: NIGHT }).append({ operation: "export", outcome: "success" });
  return folder;
}

test("way and request stand in the line, behind the user, and are part of the hash", async () => {
  using folder = await written();
  const lines = await folder.lines();
  expect(lines[0]).not.toContain('"via"');
  expect(lines[1]).toContain(
    '"user":"grafana-admins","via":"api","request":"01a1fa8f-bc2c","host":"build-7"',
  );
  expect(lines[2]).toContain('"user":"ada","via":"schedule","host":"build-7"');
  expect(proveChain(lines).map(({ via }) => via)).toEqual([undefined, "api", "schedule"]);
  expect((await verify(folder)).differences).toBe(0);
});

test("to change the way is found", async () => {
  using folder = await written();
  const text = readFileSync(folder.file, "utf8");
  writeFileSync(folder.file, text.replace('"via":"schedule"', '"via":"cli"'));
  expect((await verify(folder)).differences).toBeGreaterThan(0);
});

test.each([
  ["cli", ["export"]],
  ["api", ["prune"]],
  ["schedule", ["export"]],
] as const)("only what came by %s is found", async (via, operations) => {
  using folder = await written();
  const found = await folder.open().newest({ limit: 9, via });
  expect(found.map(({ operation }) => operation)).toEqual([...operations]);
});

test("people, spreadsheets and JSON are told", async () => {
  using folder = await written();
  const [cli, api] = await folder.open().newest({ limit: 3 });
  expect(cli === undefined ? "" : formatEvent(cli)).not.toContain("via");
  expect(api === undefined ? "" : formatEvent(api)).toContain("grafana-admins@build-7  via=api  outcome=");
  const exported = (format: "csv" | "json") =>
    [...exportEvents({ file: folder.file, format, filter: {}, limit: 9, full: false }).pieces].join("");
  const rows: Record<string, string>[] = parse(exported("csv"), { columns: true });
  expect(rows.map(({ via, request }) => [via, request])).toEqual([
    ["", ""],
    ["api", SERVICE.request],
    ["schedule", ""],
  ]);
  expect(JSON.parse(exported("json"))[1]).toMatchObject({ via: "api", request: SERVICE.request });
});
