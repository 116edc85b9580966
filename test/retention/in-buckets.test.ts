/** The list of what was erased in a bucket that locks what is written: it is there, it is added to, and an empty machine heeds it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fill, machine, OFF, treeOf } from "../commands/machine.ts";
import { cleanEnv, type Finished, run } from "../support/binary.ts";
import { startMoto } from "../support/s3-servers.ts";
import { erase } from "./erase-some.ts";

setDefaultTimeout(120_000);

const moto = await startMoto();
const TREE = { plugin: "etc", file: "files/tree.jsonl" };

/** A machine with a directory, whose place is that bucket. */
function inBucket(bucket: string) {
  const offsite = `{ plugin: s3, url: "${moto.url}", bucket: ${bucket}, prefix: p, lock: governance, retain: 30d }`;
  const { cwd } = machine({ backends: `${OFF}  etc: { plugin: files, path: etc }\n`, offsite });
  const keys = {
    AWS_ACCESS_KEY_ID: moto.options.accessKeyId,
    AWS_SECRET_ACCESS_KEY: moto.options.secretAccessKey,
  };
  const command = (...args: string[]): Promise<Finished> =>
    run(args, { cwd, env: { ...cleanEnv(cwd), ...keys } });
  return { cwd, command };
}

test("it is written there, added to, and heeded", async () => {
  await moto.makeBucket("kept", { "x-amz-bucket-object-lock-enabled": "true" });
  const lost = inBucket("kept");
  fill(lost.cwd);
  expect((await lost.command("export", "--all")).exitCode).toBe(0);
  const [name = ""] = readdirSync(join(lost.cwd, "backups"));
  for (const text of ["two.conf", "motd"]) {
    erase(lost.cwd, join(lost.cwd, "backups", name), TREE, (content) => content.includes(text));
    const copied = await lost.command("snapshots", "copy", "latest", "--to", "offsite");
    expect([copied.exitCode, copied.stderr]).toEqual([0, expect.not.stringContaining("did not get")]);
  }
  const { publicKey } = JSON.parse((await lost.command("keys", "kit", "--json")).stdout);
  const found = inBucket("kept");
  const done = await found.command("restore", "latest", "--place", "offsite", "--key", publicKey, "--yes");
  expect(done.exitCode, done.stderr).toBe(0);
  expect(Object.keys(treeOf(join(found.cwd, "etc")))).toEqual(["app/one.conf"]);
});
