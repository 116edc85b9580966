/** Places that are named by where they lie: a directory's path, or a URL. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import { startMoto } from "../support/s3-servers.ts";
import { command, json, project } from "./copied.ts";

setDefaultTimeout(120_000);

const moto = await startMoto();
await moto.makeBucket("shop");
const AWS = {
  AWS_ENDPOINT_URL_S3: moto.url,
  AWS_ACCESS_KEY_ID: moto.options.accessKeyId,
  AWS_SECRET_ACCESS_KEY: moto.options.secretAccessKey,
};
const withAws = (cwd: string, ...args: string[]) => run(args, { cwd, env: AWS });

test("a directory is named by its path or its URL, wherever a place is taken, and on a machine without a configuration", async () => {
  const { cwd, name } = await project();
  const there = join(temporaryDirectory(), "my backups");
  const url = `file://${there.replaceAll(" ", "%20")}`;
  const copied = await json(cwd, "snapshots", "copy", name, "--to", there);
  expect([copied.exitCode, copied.printed.copied[0].copy]).toEqual([0, `${there}/${name}`]);
  expect((await json(cwd, "snapshots", "copy", name, "--to", url)).printed.copied[0].sent.objectsTotal).toBe(
    0,
  );
  for (const place of [there, url, `${url}/`]) {
    const { printed } = await json(cwd, "snapshots", "list", "--place", place);
    expect(printed.snapshots, place).toMatchObject([{ name, here: true, places: [{ sound: true }] }]);
    expect((await command(cwd, "verify", name, "--place", place)).exitCode).toBe(0);
  }
  const elsewhere = temporaryDirectory();
  const key = /contextcore\/audit\/\S+/.exec(copied.stderr)?.[0] ?? "";
  for (const named of [`${url}/${name}`, `${url}/${name.slice(0, 8)}`, `${url}/latest`])
    expect((await json(elsewhere, "snapshots", "show", named, "--key", key)).printed, named).toMatchObject({
      snapshot: { name },
    });
  expect(existsSync(join(elsewhere, ".contextcore"))).toBe(false);
  const pruned = await command(cwd, "snapshots", "prune", "--place", url, "--keep-last", "1", "--dry-run");
  expect([pruned.exitCode, pruned.stdout]).toEqual([0, expect.stringContaining("the newest complete one")]);
});

test("a relative path starts where the command runs, and nothing is remembered of a place without a name", async () => {
  const { cwd, name } = await project();
  expect((await command(cwd, "snapshots", "copy", name, "--to", "./usb")).exitCode).toBe(0);
  expect(readdirSync(join(cwd, "usb", name))).toContain("copy.json");
  expect((await command(cwd, "verify", name, "--place", "./usb")).exitCode).toBe(0);
  expect(existsSync(join(cwd, ".contextcore", "copies"))).toBe(false);
});

test("a URL of where a store of the configuration lies means that store, with its rules", async () => {
  const { cwd, name } = await project();
  const key = join(temporaryDirectory(), "backup.key");
  const recipient = (await command(cwd, "keys", "new", key)).stdout.trim();
  await command(cwd, "keys", "check", "--identity", key);
  const s3 = `{ plugin: s3, url: "${moto.url}", bucket: shop, prefix: far/away/, encrypt: [${recipient}] }`;
  const offsite = `{ plugin: directory, path: ./offsite, encrypt: [${recipient}] }`;
  writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\nstores:\n  offsite: ${offsite}\n  s3: ${s3}\n`);
  agreed(cwd);
  const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  for (const [address, store] of [
    ["./offsite", "offsite"],
    [`file://${cwd}/offsite/`, "offsite"],
    ["s3://shop/far/away", "s3"],
  ] as const) {
    const copied = await run(["snapshots", "copy", name, "--to", address, "--json"], { cwd, env });
    expect(copied.exitCode, copied.stderr).toBe(0);
    expect(JSON.parse(copied.stdout).copied[0].copy).toBe(`${store}:${name}`);
  }
  expect(readdirSync(join(cwd, "offsite", name))).toContain("logs.json.age");
  expect(readdirSync(join(cwd, ".contextcore", "copies")).sort()).toEqual(["offsite", "s3"]);
});

test("a bucket is named by its URL, with keys from the environment", async () => {
  const { cwd, name } = await project();
  const place = "s3://shop/backups/of the shop".replaceAll(" ", "%20");
  expect((await withAws(cwd, "snapshots", "copy", name, "--to", place)).exitCode).toBe(0);
  const listed = await withAws(cwd, "snapshots", "list", "--place", place);
  expect([listed.exitCode, listed.stdout]).toEqual([0, expect.stringContaining(name)]);
  expect((await withAws(cwd, "verify", `${place}/${name}`)).exitCode).toBe(0);
  const all = await withAws(cwd, "verify", place, "--read-data=1/7", "--json");
  expect([all.exitCode, JSON.parse(all.stdout).snapshots]).toMatchObject([0, [{ name }]]);
  expect((await moto.call("GET", `/shop/backups/of%20the%20shop/${name}/copy.json`)).status).toBe(200);
  const nowhere = await withAws(cwd, "snapshots", "list", "--place", "s3://no-such-bucket");
  expect([nowhere.exitCode > 0, nowhere.stderr]).toEqual([true, expect.stringContaining("no-such-bucket")]);
});

test.each([
  ["ftp://host/backups", "is no place that is known", "file://… and s3://…"],
  ["s3://key:secret@shop/backups", "nothing else may stand in its URL", "settings of a store"],
  ["s3://shop/backups?region=x", "nothing else may stand in its URL", ""],
  ["s3://shop/%zz", "is not a URL", ""],
  ["file://host/backups", "nothing else may stand in its URL", ""],
  ["s3://a/b", "not the name of a bucket", ""],
])("%s is no place", async (address, message, hint) => {
  const { cwd, name } = await project();
  const refused = await command(cwd, "snapshots", "copy", name, "--to", address);
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(refused.stderr).toContain(hint);
  expect(refused.stderr).not.toContain("secret@");
});
