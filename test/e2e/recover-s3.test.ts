/** A machine that is lost is brought back from a bucket by what one carries in a pocket: the URL, its keys, the identity. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fill, inside, json, machine, rowsOf, saved, treeOf } from "../commands/machine.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startMoto } from "../support/s3-servers.ts";

setDefaultTimeout(300_000);

test("encrypted, on a machine without a configuration", async () => {
  const s3 = await startMoto();
  await s3.makeBucket("shop");
  const identity = join(temporaryDirectory(), "backup.key");
  const recipient = (await inside(temporaryDirectory(), "keys", "new", identity)).stdout.trim();
  const place = JSON.stringify({
    plugin: "s3",
    bucket: "shop",
    prefix: "stack",
    encrypt: [recipient],
    ...s3.options,
  });
  const lost = machine({ offsite: place });
  expect((await inside(lost.cwd, "keys", "check", "--identity", identity)).exitCode).toBe(0);
  fill(lost.cwd, 500);
  const key = await saved(lost.cwd);
  const held = await json(lost.cwd, "verify", "offsite:latest", "--identity", identity);
  expect([held.exitCode, held.printed.sound], held.stderr).toEqual([0, true]);

  const cwd = temporaryDirectory();
  const { url, accessKeyId, secretAccessKey } = s3.options;
  const env = {
    ...cleanEnv(cwd),
    AWS_ENDPOINT_URL_S3: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const set = ["worm.plugin=sqlite", "worm.path=worm.db", "etc.plugin=files", "etc.path=etc"];
  const settings = set.flatMap((one) => ["--set", `backends.${one}`]);
  const words = ["recover", "--from", "s3://shop/stack", "--key", key, "--identity", identity, ...settings];
  const done = await run([...words, "--yes", "--json"], { cwd, env });
  expect(done.exitCode, done.stderr).toBe(0);
  expect(JSON.parse(done.stdout).status).toBe("complete");
  expect(rowsOf(cwd)).toEqual(rowsOf(lost.cwd));
  expect(treeOf(join(cwd, "etc"))).toEqual(treeOf(join(lost.cwd, "etc")));
  rmSync(join(lost.cwd, "backups"), { recursive: true });
  const left = await json(lost.cwd, "snapshots", "list", "--place", "offsite");
  expect([left.exitCode, left.printed.snapshots.length], left.stderr).toEqual([0, 1]);
});
