/**
 * One person, everywhere at once: a Grafana stack, a ledger, a cache, the log of runs, a place in the clear and an encrypted one. After
 * the erasure every byte that is left is looked through, every other record is equal, and an older copy does not bring it back.
 */
import { Database } from "bun:sqlite";
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { holdsWord } from "../../src/contract/holds-word.ts";
import { SUBJECT_ERASE, SUBJECT_EXPORT, SUBJECT_FIND } from "../../src/results/subject.ts";
import { generateKeyPair } from "../../src/storage/age/keys.ts";
import { sender } from "../lab/grafana/seed.ts";
import { startLab } from "../lab/lab.ts";
import { makeShop, rowsOf, WHERE } from "../plugins/sqlite/people.ts";
import { everything } from "../snapshot/rewrite/rewriting.ts";
import { runAge } from "../support/age.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";
import { startRedis } from "../support/redis.ts";
import { ANN, ANNE, expectRun, subject, subjectProject } from "./subject-project.ts";

setDefaultTimeout(300_000);

const lab = await startLab();
const empty = await startLab({ empty: true });
const redis = await startRedis();
afterAll(() => Promise.all([lab.stop(), empty.stop(), redis.stop()]));

const { identity, recipient } = await generateKeyPair();
const SUBJECTS = {
  loki: '{app="people"} |= "{id}"',
  worm: WHERE,
  cache: "user:{id}:*",
  grafana: "text={id}",
};
const STORES = `plugin: directory, path: ./offsite }\n  vault: { plugin: directory, path: ./vault, encrypt: [${recipient}]`;

const cwd = await prepared();
const identityFile = join(cwd, "identity");
const [name = ""] = readdirSync(join(cwd, "backups")).filter((one) => !one.startsWith("."));
const before = temporaryDirectory();
cpSync(join(cwd, "backups", name), join(before, name), { recursive: true });

async function prepared(): Promise<string> {
  const shop = makeShop();
  using database = new Database(shop);
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  redis.cli(`SET "user:${ANN}:cart" tea\nSET "user:${ANNE}:cart" cup\n`);
  const note = sender(lab.faces.grafana);
  for (const text of [`${ANN} has deployed`, `${ANNE} has deployed`])
    await note("POST", "/api/annotations", { text, tags: [], time: Date.now() - 60_000 });
  const made = await subjectProject(lab, {
    subjects: `subjects: ${JSON.stringify(SUBJECTS)}\n`,
    store: STORES,
    ledger: "./shop.db",
    recipients: [recipient],
    backends: `  cache: { plugin: redis, address: "${redis.address}" }\n`,
    only: ["tempo", "mimir", "loki", "grafana"],
    copies: "offsite, vault",
  });
  copyFileSync(shop, join(made, "shop.db"));
  writeFileSync(join(made, "identity"), `${identity}\n`, { mode: 0o600 });
  await expectRun(["export", "-t", "1h"], { cwd: made });
  return made;
}

/** Everything below a folder of the project, decrypted and decompressed. */
function plain(folder: string): string {
  const to = temporaryDirectory();
  for (const one of readdirSync(join(cwd, folder), { recursive: true, withFileTypes: true })) {
    if (!one.isFile()) continue;
    const path = join(one.parentPath, one.name);
    const own = join(to, path.slice(cwd.length).replace(/\.age$/, ""));
    mkdirSync(dirname(own), { recursive: true });
    const bytes = readFileSync(path);
    writeFileSync(own, path.endsWith(".age") ? runAge(["-d", "-i", identityFile], bytes) : bytes);
  }
  return everything(to);
}

const with_ = ["--identity", "identity"];

test("all of it is found, in each source, and handed over", async () => {
  const { stdout } = await subject(cwd, ANN, "export", "--json", ...with_);
  const { found, unsearched, records } = parsedAs(SUBJECT_EXPORT, stdout);
  expect(unsearched).toEqual([]);
  const told = new Set(
    found.map(({ source, name: of, backend }) => `${source} ${backend ?? of.split(":")[0]}`),
  );
  for (const backend of ["loki", "worm", "cache", "grafana"])
    expect([...told]).toEqual(
      expect.arrayContaining([`server ${backend}`, `snapshot ${backend}`, `copy ${backend}`]),
    );
  expect(new Set(records.map(({ source, backend }) => backend ?? source))).toEqual(
    new Set(["loki", "worm", "cache", "grafana", "activity"]),
  );
  for (const place of ["offsite", "vault"])
    expect(found.some(({ source, name: of }) => source === "copy" && of.startsWith(`${place}:`))).toBe(true);
  expect(holdsWord(ANN)(plain("vault"))).toBe(true);
});

test("it is erased: no byte that is left has it, and what is not the person's is there", async () => {
  const others = rowsOf(join(cwd, "shop.db")).filter((row) => !holdsWord(ANN)(row));
  const plan = parsedAs(
    SUBJECT_ERASE,
    (await subject(cwd, ANN, "erase", "--dry-run", "--json", ...with_)).stdout,
  );
  const words = ["erase", "--records", `${plan.records}`, "--json", ...with_];
  const { stdout, stderr } = await subject(cwd, ANN, ...words);
  const { request } = parsedAs(SUBJECT_ERASE, stdout);
  expect(stdout + stderr).not.toContain(ANN);
  // Loki has taken the request, hides the lines, and removes them in its own time.
  const left = request?.outcomes.filter(({ state }) => state !== "done") ?? [];
  expect(left.map(({ source, name: of, state, due }) => [source, of, state, due])).toEqual([
    ["server", "loki", "owed", expect.any(String)],
  ]);
  for (const folder of ["backups", "offsite", "vault", ".contextcore"])
    expect({ folder, has: holdsWord(ANN)(plain(folder)) }).toEqual({ folder, has: false });
  for (const folder of ["backups", "offsite", "vault"]) expect(plain(folder)).toContain(ANNE);
  expect(rowsOf(join(cwd, "shop.db"))).toEqual(expect.arrayContaining(others));
  expect(redis.cli("KEYS *")).toContain(`user:${ANNE}:cart`);
  expect(redis.cli(`EXISTS "user:${ANN}:cart"`)).toContain("0");
  expect(lab.faces.grafana.store.annotations.map(({ text }) => text)).not.toContain(`${ANN} has deployed`);
  const again = await subject(cwd, ANN, "find", "--json", ...with_);
  expect(parsedAs(SUBJECT_FIND, again.stdout)).toMatchObject({ records: 0, found: [], unsearched: [] });
});

test("what is kept is sound, and differs by exactly what was erased", async () => {
  await expectRun(["verify", "--all"], { cwd });
  await expectRun(["verify", "offsite"], { cwd });
  await expectRun(["verify", "vault", ...with_], { cwd });
  await expectRun(["audit", "verify"], { cwd });
  const [now = ""] = readdirSync(join(cwd, "backups")).filter((one) => !one.startsWith("."));
  const diff = await run(["snapshots", "diff", join(before, name), join("backups", now), "--json"], { cwd });
  const backends: { readonly backend: string; readonly units: readonly Unit[] }[] = JSON.parse(
    diff.stdout,
  ).backends;
  const differing = backends.flatMap(({ backend, units }) =>
    units
      .filter(({ more, fewer }) => more + fewer > 0)
      .map(({ unit, more, fewer }) => [backend, unit, more, fewer]),
  );
  expect(differing).toEqual(
    expect.arrayContaining([
      ["loki", "entries", 0, 2],
      ["activity", "runs", 0, 2],
      ["grafana", "annotations", 0, 1],
    ]),
  );
  expect(differing.every(([backend]) => backend !== "tempo" && backend !== "mimir")).toBe(true);
});

interface Unit {
  readonly unit: string;
  readonly more: number;
  readonly fewer: number;
}

test("an older copy that nobody knew of does not bring it back", async () => {
  const url = empty.urls.loki;
  const { exitCode, stdout, stderr } = await run(
    [
      "restore",
      join(before, name),
      "--plugin",
      "loki",
      "--yes",
      "--json",
      "--set",
      `backends.loki.url=${url}`,
    ],
    { cwd },
  );
  expect(exitCode, stderr).toBe(0);
  expect(JSON.parse(stdout).backends).toMatchObject([{ backend: "loki", erased: { entries: 2 } }]);
  const query = new URLSearchParams({
    query: '{app="people"}',
    limit: "100",
    start: `${Date.now() - 7_200_000}000000`,
  });
  const answer = await (await fetch(`${url}/loki/api/v1/query_range?${query}`)).text();
  expect(answer).toContain(ANNE);
  expect(holdsWord(ANN)(answer)).toBe(false);
});
