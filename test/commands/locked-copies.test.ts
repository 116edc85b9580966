/** Copies in a place that lets nobody remove or replace them before their time. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { eventsIn } from "../support/printed.ts";
import { agreed, labProject } from "../support/project.ts";
import { startMoto } from "../support/s3-servers.ts";
import { command, project } from "./copied.ts";

setDefaultTimeout(120_000);

const moto = await startMoto();
await moto.makeBucket("locked", { "x-amz-bucket-object-lock-enabled": "true" });
await moto.makeBucket("plain");
const AWS = {
  AWS_ACCESS_KEY_ID: moto.options.accessKeyId,
  AWS_SECRET_ACCESS_KEY: moto.options.secretAccessKey,
};
const withAws = (cwd: string, ...args: string[]) => run(args, { cwd, env: AWS });

/** Stores of the configuration with one called `vault`. @param prefix keeps the tests apart */
const vault = (prefix: string, more: string, bucket = "locked"): string =>
  `stores:\n  vault: { plugin: s3, url: "${moto.url}", bucket: ${bucket}, prefix: ${prefix}${more} }\n`;

/** A project with a snapshot and that place. */
async function withVault(...where: Parameters<typeof vault>) {
  const { cwd, name } = await project();
  writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\n${vault(...where)}`);
  return { cwd: agreed(cwd), name };
}

/** Until when an object is locked; empty: it is not. */
async function lockOf(object: string, bucket = "locked"): Promise<string> {
  const { headers } = await moto.call("HEAD", `/${bucket}/${object}`);
  return headers.get("x-amz-object-lock-retain-until-date") ?? "";
}

const yearsFromNow = (years: number): string =>
  new Date(Date.now() + years * 365 * 86_400_000).toISOString().slice(0, 10);

test("a copy that the place has locked is kept, with until when, and so is what is lost with it", async () => {
  const { cwd, name } = await withVault("one", ", lock: governance");
  await withAws(cwd, "snapshots", "copy", name, "--to", "vault");
  const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 19);
  const retention = `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${until}Z</RetainUntilDate></Retention>`;
  const lock = await moto.call("PUT", `/locked/one/${name}/logs.json`, {
    query: "retention=",
    body: retention,
  });
  expect(lock.status).toBe(200);
  const next = basename(await smallSnapshot(join(cwd, "backups")));
  await withAws(cwd, "snapshots", "copy", next, "--to", "vault");
  const prune = ["snapshots", "prune", "--place", "vault", "--keep-last", "1"];
  const kept = await withAws(cwd, ...prune, "--yes");
  expect([kept.exitCode, kept.stderr]).toEqual([0, expect.stringContaining("nothing was removed")]);
  expect((await withAws(cwd, ...prune, "--dry-run")).stdout).toContain(`locked until ${until}`);
  expect((await withAws(cwd, "verify", `vault:${name}`)).exitCode).toBe(0);
});

test("what is copied is locked as long as the class of its data is kept: each object, told before, recorded, and kept by a prune", async () => {
  const { cwd, name } = await withVault("two", ", lock: compliance, retain: classes");
  const copied = await withAws(cwd, "snapshots", "copy", name, "--to", "vault", "--json");
  const day = yearsFromNow(3); // the data is of high importance
  expect([copied.exitCode, copied.stderr]).toEqual([
    0,
    expect.stringMatching(
      new RegExp(`to vault is locked until ${day}.*: erasing it is impossible before then`),
    ),
  ]);
  const [{ lockedUntil }] = JSON.parse(copied.stdout).copied;
  expect(lockedUntil).toStartWith(day);
  for (const file of ["manifest.json", "logs.json", "SHA256SUMS", "copy.json"])
    expect(await lockOf(`two/${name}/${file}`), file).toStartWith(day);
  const [, , end] = eventsIn((await command(cwd, "audit", "--json")).stdout);
  expect(end?.details).toMatchObject({ copies: [{ locked_until: lockedUntil }] });
  expect((await withAws(cwd, "snapshots", "copy", name, "--to", "vault")).stdout).toContain(
    `locked until ${day}`,
  );
  const newer = basename(await smallSnapshot(join(cwd, "backups")));
  await withAws(cwd, "snapshots", "copy", newer, "--to", "vault");
  const prune = await withAws(cwd, "snapshots", "prune", "--place", "vault", "--keep-last", "1", "--dry-run");
  expect([prune.exitCode, prune.stdout]).toEqual([0, expect.stringContaining(`locked until ${day}`)]);
});

test("a copy that was made before the lock was wanted is locked by copying again", async () => {
  const { cwd, name } = await withVault("three", ", lock: governance");
  await withAws(cwd, "snapshots", "copy", name, "--to", "vault");
  expect(await lockOf(`three/${name}/copy.json`)).toBe("");
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `name: shop\n${vault("three", ", lock: governance, retain: 2y")}`,
  );
  const again = await withAws(agreed(cwd), "snapshots", "copy", name, "--to", "vault");
  expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining("only who may lift the lock")]);
  expect(await lockOf(`three/${name}/logs.json`)).toStartWith(yearsFromNow(2));
});

test("an export straight into the place is locked at its end, and nothing of its bookkeeping stays", async () => {
  const lab = await startLab();
  try {
    const cwd = labProject(lab, { only: ["loki"], more: vault("four", ", lock: governance, retain: 30d") });
    const exported = await withAws(agreed(cwd), "export", "-t", "1h", "-o", "vault", "--json");
    expect(exported.exitCode, exported.stderr).toBeOneOf([0, 3]);
    const { name } = JSON.parse(exported.stdout).snapshot;
    expect(await lockOf(`four/${name}/copy.json`)).toStartWith(yearsFromNow(30 / 365));
    expect((await moto.call("GET", `/locked/four/${name}/plan.json`)).status).toBe(404);
    expect(readdirSync(cwd)).not.toContain("backups");
  } finally {
    await lab.stop();
  }
});

test("a lock that the place does not have is refused before anything is copied; one that it cannot set is told", async () => {
  const without = await withVault("five", ", retain: 30d");
  const refused = await withAws(without.cwd, "snapshots", "copy", without.name, "--to", "vault");
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("vault locks nothing")]);
  const plain = await withVault("six", ", lock: governance, retain: 30d", "plain");
  const told = await withAws(plain.cwd, "snapshots", "copy", plain.name, "--to", "vault");
  expect([told.exitCode, told.stderr]).toEqual([
    1,
    expect.stringContaining("is whole, but not all of it is locked"),
  ]);
  expect((await withAws(plain.cwd, "verify", `vault:${plain.name}`)).exitCode).toBe(0);
});

test("a time that is none is a mistake of the configuration", async () => {
  const { cwd } = await project();
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `name: shop\n${vault("x", ", lock: governance, retain: forever")}`,
  );
  const { exitCode, stdout } = await command(cwd, "config", "check");
  expect([exitCode, stdout]).toEqual([2, expect.stringContaining("neither `classes` nor a duration")]);
});
