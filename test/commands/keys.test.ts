/** `keys`: an identity is made outside of the project, for its owner alone, and proved to open what is encrypted to its recipient. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ageKeygen, runAge } from "../support/age.ts";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { KEY, openSession, type Session } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const safe = temporaryDirectory({ passphrase: "correct horse battery staple\nignored\n", empty: "\n" });
const project = (): string => temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
const keys = (cwd: string, ...args: readonly string[]) => run(["keys", ...args], { cwd, env: cleanEnv(cwd) });

test("a new key: the recipient is printed, the identity is its owner's alone, and age uses both", async () => {
  const file = join(safe, "one.key");
  const made = await keys(project(), "new", file);
  expect([made.exitCode, made.stdout]).toEqual([0, expect.stringMatching(/^age1[a-z0-9]{58}\n$/)]);
  expect(made.stdout + made.stderr).not.toContain("AGE-SECRET-KEY");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const stored = runAge(["-r", made.stdout.trim()], Buffer.from("a backup"));
  expect(runAge(["-d", "-i", file], stored).toString()).toBe("a backup");
  const again = await keys(project(), "new", file);
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("exists already")]);
});

test("a key with a passphrase opens only with it", async () => {
  const file = join(safe, "two.key");
  const cwd = project();
  const made = await keys(cwd, "new", file, "--passphrase-file", join(safe, "passphrase"), "--json");
  const { recipient, path, isProtected } = JSON.parse(made.stdout);
  expect([made.exitCode, path, isProtected]).toEqual([0, file, true]);
  expect(readFileSync(file, "utf8")).not.toContain("AGE-SECRET-KEY");
  const check = (passphrase: string) =>
    keys(cwd, "check", "--identity", file, "--passphrase-file", join(safe, passphrase), "--json");
  expect(JSON.parse((await check("passphrase")).stdout).recipients).toEqual([{ recipient, opens: true }]);
  writeFileSync(join(safe, "wrong"), "correct horse\n");
  const wrong = await check("wrong");
  expect([wrong.exitCode, JSON.parse(wrong.stdout).error.message]).toEqual([
    1,
    expect.stringContaining("the passphrase does not open this identity file"),
  ]);
  const empty = await check("empty");
  expect([empty.exitCode, empty.stdout]).toEqual([2, expect.stringContaining("has no passphrase")]);
});

test("an identity is not written into the project, nor by way of a link", async () => {
  const cwd = project();
  symlinkSync(cwd, join(safe, "link"));
  for (const file of ["backup.key", join(cwd, "backup.key"), join(safe, "link", "backup.key")]) {
    const refused = await keys(cwd, "new", file);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("lies in the project")]);
  }
});

test("a check tells which recipients an identity opens, and what is no recipient", async () => {
  const cwd = project();
  const [mine, others] = [ageKeygen(), ageKeygen()];
  const recipientIn = (text: string): string => /age1\w+/.exec(text)?.[0] ?? "";
  const file = join(safe, "three.key");
  writeFileSync(file, mine);
  const check = (...recipients: readonly string[]) => keys(cwd, "check", ...recipients, "--identity", file);
  expect((await check()).exitCode).toBe(0);
  const both = await check(recipientIn(mine), recipientIn(others));
  expect([both.exitCode, both.stdout.split("\n")]).toEqual([
    5,
    [`${recipientIn(mine)}  opened`, expect.stringContaining(`${recipientIn(others)}  not opened`), ""],
  ]);
  for (const [recipient, words] of [
    [/AGE-SECRET-KEY-1\w+/.exec(others)?.[0] ?? "", "this is an identity"],
    ["age1pq1xyz", "older versions of age cannot read"],
    [`${recipientIn(mine).slice(0, -1)}b`, "is not an age recipient"],
  ] as const) {
    const { exitCode, stderr } = await check(recipient);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(stderr).not.toContain("AGE-SECRET-KEY-1");
  }
});

test("a file that is no identity file is named for what it is", async () => {
  const cwd = project();
  const check = (file: string) => keys(cwd, "check", "--identity", file);
  for (const [text, words] of [
    ["", "there is no identity in this file"],
    ["age1xyz\n", "which only encrypts"],
    ["ssh-ed25519 AAAA\n", "not an X25519 identity"],
    ["AGE-SECRET-KEY-1XYZ\n", "is not an age identity"],
    ["-----BEGIN AGE ENCRYPTED FILE-----\n", "no terminal"],
  ] as const) {
    const file = join(temporaryDirectory({ file: text }), "file");
    const { exitCode, stderr } = await check(file);
    expect([exitCode > 0, stderr]).toEqual([true, expect.stringContaining(words)]);
    expect(stderr).not.toContain("XYZ");
  }
});

test("a passphrase is asked for twice and not shown; two that differ, and Ctrl-C, make no key", async () => {
  const cwd = project();
  const file = join(safe, "asked.key");
  const session = (...typed: readonly string[]) =>
    typeAll(openSession(["keys", "new", file, "--passphrase"], { cwd }), typed);
  const differ = await session("one", "two");
  expect([differ.code, differ.text]).toEqual([2, expect.stringContaining("the two passphrases differ")]);
  const stopped = await session("one", KEY.interrupt);
  expect([stopped.code, existsSync(file)]).toEqual([130, false]);
  const made = await session("geheim", "geheim");
  expect([made.code, made.text]).toEqual([0, expect.not.stringContaining("geheim")]);
  const passphrase = join(safe, "asked");
  writeFileSync(passphrase, "geheim\n");
  const checked = await keys(cwd, "check", "--identity", file, "--passphrase-file", passphrase);
  expect(checked.exitCode).toBe(0);
});

async function typeAll(session: Session, answers: readonly string[]) {
  for (const [n, answer] of answers.entries()) {
    await session.waitFor(n === 0 ? "Passphrase for the new key" : "The same passphrase again");
    session.type(answer === KEY.interrupt ? answer : `${answer}${KEY.enter}`);
  }
  return { code: await session.exited, text: session.text() };
}
