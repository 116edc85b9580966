/** A copy is read with nothing but age, zstd, jq, sha256sum and openssl, by the very commands that the pages tell. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { AGE } from "../support/age.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(120_000);

const root = join(import.meta.dir, "../..");

/** The fenced blocks of a page that have this in them, as scripts. */
function told(page: string, what: string): string {
  const text = readFileSync(join(root, "docs", page), "utf8");
  const blocks = [...text.matchAll(/^```\w*\n(.*?)^```/gms)].map(([, block = ""]) => block);
  const found = blocks.filter((block) => block.includes(what));
  expect([page, what, found.length]).toEqual([page, what, 1]);
  return found.join("");
}

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

/** Has neither this program nor anything of the project. */
function shell(cwd: string, script: string): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["sh", "-euc", script], {
    cwd,
    env: { PATH: `${dirname(AGE)}:${process.env.PATH}`, HOME: cwd },
    stderr: "pipe",
  });
  expect([script, exitCode, `${stderr}`.replace(/\S+\.zst\s*: \d+ bytes\s*/g, "")]).toEqual([
    script,
    0,
    expect.anything(),
  ]);
  return `${stdout}`;
}

test("encrypted and compressed: checked, decrypted, unpacked and counted as its manifest says", async () => {
  const cwd = temporaryDirectory();
  const key = join(temporaryDirectory(), "backup.key");
  const command = (...args: string[]) => run(args, { cwd, env: cleanEnv(cwd) });
  const recipient = (await command("keys", "new", key)).stdout.trim();
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `name: shop\nstores:\n  offsite: { plugin: directory, path: ./offsite, encrypt: [${recipient}] }\n`,
  );
  await command("keys", "check", "--identity", key);
  const plain = await smallSnapshot(temporaryDirectory(), { streams: 3, entries: 200 });
  const path = await smallSnapshot(join(cwd, "backups"), { streams: 3, entries: 200, compression: "zstd" });
  const name = basename(path);
  expect((await command("snapshots", "copy", name, "--to", "offsite")).exitCode).toBe(0);
  const { commands, publicKey } = JSON.parse((await command("keys", "kit", "--json")).stdout);

  const empty = temporaryDirectory({ "backup.key": readFileSync(key, "utf8") });
  const [, sums, decrypt, unpack, look] = commands;
  shell(empty, `cp -R '${join(cwd, "offsite", name)}'/. .`);
  expect(shell(empty, told("keys.md", "age -d -i backup.key"))).toContain("OK");
  expect(shell(empty, sums)).not.toContain("FAILED");
  shell(empty, decrypt);
  shell(empty, unpack);
  expect(shell(empty, look)).toContain("streams");
  for (const file of filesIn(path)) {
    const own = readFileSync(join(empty, file));
    expect([file, own.equals(readFileSync(join(path, file)))]).toEqual([file, true]);
  }
  const data = filesIn(plain).filter((file) => !["manifest.json", "blocks.jsonl"].includes(file));
  const linesOf = (directory: string, file: string): string =>
    readFileSync(join(directory, file), "utf8").split("\n").sort().join("\n");
  for (const file of data) expect(linesOf(empty, file) === linesOf(plain, file), file).toBe(true);
  const entries = shell(empty, "jq -s '[.[].streams[].values | length] | add' logs.json").trim();
  const claimed = shell(
    empty,
    "jq '[.plugins[].files[] | select(.path | startswith(\"logs.json\")) | .counts.entries] | add' manifest.json",
  ).trim();
  expect([entries, Number(claimed)]).toEqual([claimed, 600]);

  // Who has signed it: the note, its text and its key by the format's page, and Ed25519 by openssl.
  shell(empty, told("snapshot-format.md", "jq -r .signature copy.json"));
  writeFileSync(
    join(empty, "key.pem"),
    `-----BEGIN PUBLIC KEY-----\n${Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      Buffer.from(publicKey.split("+").slice(2).join("+"), "base64").subarray(1),
    ]).toString("base64")}\n-----END PUBLIC KEY-----\n`,
  );
  expect(existsSync(join(empty, "note"))).toBe(true);
  const proved = shell(
    empty,
    `sed '/^$/,$d' note > text; jq -r .signature copy.json | cut -d' ' -f3 | base64 -d | tail -c +5 > raw
     openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile raw`,
  );
  expect(proved).toContain("Signature Verified Successfully");
  expect(
    shell(empty, "jq -r '.objects[] | .sha256 + \"  \" + .name' copy.json | sha256sum -c"),
  ).not.toContain("FAILED");
});
