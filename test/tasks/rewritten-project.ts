/** A project with a snapshot and a place, in which snapshots are written anew by processes of their own. */
import { expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readKept } from "../../src/snapshot/catalog/kept.ts";
import { generateKeyPair } from "../../src/storage/age/keys.ts";
import { rememberChecked } from "../../src/storage/checked-recipients.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { everything, filesBelow } from "../snapshot/rewrite/rewriting.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { runAge } from "../support/age.ts";
import { temporaryDirectory } from "../support/directory.ts";

const REWRITER = resolve(import.meta.dir, "rewriter.ts");

/** The entry that is erased. */
export const ENTRY = "line 1003000000000 of 1";

/** What became of a snapshot. */
export interface Told {
  readonly name: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly done: readonly (readonly [string, string])[];
  readonly owed: readonly { readonly where: string; readonly reason: string; readonly due?: string }[];
}

interface Asked {
  readonly isEncrypted: boolean;
  /** Of the store `offsite`. */
  readonly settings: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where the work is done, and with what it starts. */
interface Here {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes it, with a copy. */
export async function rewrittenProject({
  isEncrypted = false,
  settings = "plugin: directory, path: ./offsite",
  env = {},
}: Partial<Asked> = {}) {
  const cwd = temporaryDirectory();
  const { identity, recipient } = await generateKeyPair();
  writeFileSync(join(cwd, "identity"), `${identity}\n`);
  const encrypt = isEncrypted ? `, encrypt: [${recipient}]` : "";
  writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\nstores:\n  offsite: { ${settings}${encrypt} }\n`);
  rememberChecked(join(cwd, "home"), [recipient]);
  const path = await smallSnapshot(join(cwd, "backups"));
  await work({ cwd, env }, "copy", "offsite");
  return { cwd, env, path, name: path.slice(path.lastIndexOf("/") + 1) };
}

/** Starts one. */
export const begin = (here: Here, ...args: readonly string[]) => spawned(here, [], ...args);

/** Starts one below another program. */
export const spawned = ({ cwd, env = {} }: Here, below: readonly string[], ...args: readonly string[]) =>
  Bun.spawn([...below, process.execPath, REWRITER, cwd, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });

/** Runs one to its end. @returns what it says */
export async function work(here: Here, ...args: readonly string[]): Promise<Told[]> {
  const child = begin(here, ...args);
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(err);
  return JSON.parse(out);
}

/** What lies in a folder of the project. */
export const namesIn = (cwd: string, folder: string): string[] =>
  existsSync(join(cwd, folder))
    ? readdirSync(join(cwd, folder))
        .filter((name) => !name.startsWith("."))
        .sort()
    : [];

/** Where the entry still stands in the clear: in the snapshots, the place, or what the project knows. */
export const placesWith = (cwd: string, text: string): string[] =>
  ["backups", "offsite", ".contextcore"].filter(
    (folder) => existsSync(join(cwd, folder)) && everything(join(cwd, folder)).includes(text),
  );

/** All of the place, by the `age` program. */
export function decrypted(cwd: string): string {
  const root = join(cwd, "offsite");
  return filesBelow(root)
    .filter((file) => file.endsWith(".age"))
    .map((file) => runAge(["-d", "-i", join(cwd, "identity")], readFileSync(join(root, file))).toString())
    .join("\n");
}

/** The flaws of the one snapshot that counts in a directory; of a copy its own two files are none. */
export async function flawsIn(directory: string): Promise<string[]> {
  const { snapshots, unreadable } = await readKept(directory);
  expect(snapshots.length).toBe(1);
  expect(unreadable.filter(({ reason }) => !reason.includes("no manifest.json"))).toEqual([]);
  const reports = await Promise.all(snapshots.map(({ path }) => verifySnapshot(path)));
  return reports.flatMap(({ flaws }) =>
    flaws.filter(({ subject }) => !/^(SHA256SUMS|copy\.json)$/.test(subject)).map(({ message }) => message),
  );
}
