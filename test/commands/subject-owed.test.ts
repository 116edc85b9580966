/** What cannot be erased now is owed, kept sealed, shown with its deadline, and done when it can be. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { holdsWord } from "../../src/contract/holds-word.ts";
import { SUBJECT_ERASE, SUBJECT_REQUESTS } from "../../src/results/subject.ts";
import { generateKeyPair } from "../../src/storage/age/keys.ts";
import { startLab } from "../lab/lab.ts";
import { everything } from "../snapshot/rewrite/rewriting.ts";
import { run } from "../support/binary.ts";
import { parsedAs } from "../support/printed.ts";
import { ANN, expectRun, pushLines, subject, subjectProject } from "./subject-project.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
afterAll(() => lab.stop());

/** Erases all that can be. */
async function erase(cwd: string, ...more: readonly string[]) {
  const plan = parsedAs(
    SUBJECT_ERASE,
    (await subject(cwd, ANN, "erase", "--dry-run", "--json", ...more)).stdout,
  );
  const { exitCode, stdout, stderr } = await subject(
    cwd,
    ANN,
    "erase",
    "--records",
    `${plan.records}`,
    "--json",
    ...more,
  );
  return { exitCode, stderr, request: parsedAs(SUBJECT_ERASE, stdout).request };
}

async function retry(cwd: string, ...more: readonly string[]) {
  const { exitCode, stdout } = await run(["subject", "retry", "--yes", "--json", ...more], { cwd });
  return { exitCode, requests: parsedAs(SUBJECT_REQUESTS, stdout).requests };
}

const isIn = (cwd: string, folder: string): boolean => holdsWord(ANN)(everything(join(cwd, folder)));

const requestFiles = (cwd: string): string[] =>
  readdirSync(join(cwd, ".contextcore", "requests")).filter((one) => one !== "running");

test("a place that cannot be reached is owed, and done when it is back", async () => {
  const cwd = await subjectProject(lab);
  renameSync(join(cwd, "offsite"), join(cwd, "away"));
  writeFileSync(join(cwd, "offsite"), "no directory");
  const { exitCode, request } = await erase(cwd);
  expect(exitCode).toBe(3);
  expect(request?.closed).toBeUndefined();
  expect(request?.outcomes.some(({ state, source }) => state === "owed" && source === "copy")).toBe(true);
  expect(isIn(cwd, "backups")).toBe(false);
  for (const file of requestFiles(cwd)) {
    const path = join(cwd, ".contextcore", "requests", file);
    expect({ file, mode: statSync(path).mode & 0o777 }).toEqual({ file, mode: 0o600 });
    expect(readFileSync(path, "utf8")).not.toContain(ANN);
  }
  const { stdout } = await run(["metrics"], { cwd });
  expect(stdout).toContain("contextcore_subject_requests_open 1\n");
  expect(stdout).toMatch(/contextcore_subject_request_deadline_timestamp_seconds \d/);
  rmSync(join(cwd, "offsite"));
  renameSync(join(cwd, "away"), join(cwd, "offsite"));
  expect(isIn(cwd, "offsite")).toBe(true);
  const again = await retry(cwd);
  expect(again).toMatchObject({
    exitCode: 0,
    requests: [{ id: request?.id, tried: 2, closed: expect.any(String) }],
  });
  expect(isIn(cwd, "offsite")).toBe(false);
  expect(requestFiles(cwd)).toEqual([`${request?.id}.json`]);
  expect((await run(["metrics"], { cwd })).stdout).toContain("contextcore_subject_requests_open 0\n");
  expect((await run(["subject", "retry"], { cwd })).exitCode).toBe(0);
});

test("an encrypted copy is owed where its identity is not, and erased where it is", async () => {
  const { identity, recipient } = await generateKeyPair();
  const store = `plugin: directory, path: ./offsite, encrypt: [${recipient}]`;
  const cwd = await subjectProject(lab, { store, recipients: [recipient] });
  writeFileSync(join(cwd, "identity"), `${identity}\n`);
  rmSync(join(cwd, "backups"), { recursive: true });
  rmSync(join(cwd, ".contextcore", "copies"), { recursive: true });
  const { exitCode, request } = await erase(cwd);
  expect({ exitCode, closed: request?.closed }).toEqual({ exitCode: 3, closed: undefined });
  expect(request?.outcomes).toContainEqual(
    expect.objectContaining({ state: "owed", reason: expect.stringContaining("--identity") }),
  );
  expect((await retry(cwd)).exitCode).toBe(3);
  const done = await retry(cwd, "--identity", "identity");
  expect(done).toMatchObject({ exitCode: 0, requests: [{ closed: expect.any(String) }] });
  expect(
    done.requests[0]?.outcomes
      .filter(({ source }) => source === "copy")
      .every(({ state }) => state === "done"),
  ).toBe(true);
  const left = await run(["subject", "find", "-", "--identity", "identity"], { cwd, stdin: new Blob([ANN]) });
  expect(left.stderr).toContain("nothing was found");
});

test("an export that is not finished is owed until it is; a second request of the same person is the same one", async () => {
  const cwd = await subjectProject(lab);
  const partial = join(cwd, "backups", ".20260101-000000.partial");
  mkdirSync(partial);
  writeFileSync(join(partial, "request.json"), "{}");
  const { exitCode, request } = await erase(cwd);
  expect(exitCode).toBe(3);
  const second = await erase(cwd);
  expect(second).toMatchObject({ exitCode: 3, request: { id: request?.id, tried: 2 } });
  rmSync(partial, { recursive: true });
  expect(await retry(cwd)).toMatchObject({ exitCode: 0, requests: [{ id: request?.id, tried: 3 }] });
});

test("what is saved while a request is open is found by the next try", async () => {
  const cwd = await subjectProject(lab);
  const partial = join(cwd, "backups", ".20260101-000000.partial");
  mkdirSync(partial);
  writeFileSync(join(partial, "request.json"), "{}");
  await erase(cwd);
  rmSync(partial, { recursive: true });
  await expectRun(["export", "-t", "1h"], { cwd });
  expect(isIn(cwd, "backups")).toBe(true);
  expect((await retry(cwd)).exitCode).toBe(0);
  expect([isIn(cwd, "backups"), isIn(cwd, "offsite")]).toEqual([false, false]);
});

test("what a server has yet to erase stays owed, however often it is asked for", async () => {
  const subjects = `subjects:\n  loki: '{app="people"} |= "{id}"'\n`;
  const cwd = await subjectProject(lab, { subjects });
  const all = await subject(cwd, ANN, "erase", "--dry-run");
  expect(all.stderr).not.toContain("beyond what snapshots have");
  await pushLines(lab, [`${ANN} comes later`]);
  const newer = await subject(cwd, ANN, "erase", "--dry-run");
  expect(newer.stderr).toContain("loki: its server holds 1 entry beyond what snapshots have");
  const { request } = await erase(cwd);
  const owedBy = (one: typeof request) =>
    one?.outcomes.flatMap(({ source, state, due }) => (state === "owed" ? [[source, due]] : []));
  expect(owedBy(request)).toEqual([["server", expect.any(String)]]);
  // Its queries show nothing of it any more, so it is not found again.
  const second = await erase(cwd);
  expect(second).toMatchObject({ exitCode: 3, request: { id: request?.id, tried: 2 } });
  expect(owedBy(second.request)).toEqual([["server", expect.any(String)]]);
  const third = await retry(cwd);
  expect([third.exitCode, owedBy(third.requests[0])]).toEqual([3, [["server", expect.any(String)]]]);
});

test("a request that cannot be read any more is asked for anew, under its id", async () => {
  const cwd = await subjectProject(lab);
  const partial = join(cwd, "backups", ".20260101-000000.partial");
  mkdirSync(partial);
  writeFileSync(join(partial, "request.json"), "{}");
  const { request } = await erase(cwd);
  const [file = ""] = requestFiles(cwd);
  const path = join(cwd, ".contextcore", "requests", file);
  writeFileSync(path, readFileSync(path, "utf8").replace(/"sealed": "..../, '"sealed": "AAAA'));
  expect((await run(["subject", "retry", "--yes"], { cwd })).exitCode).toBe(3);
  rmSync(partial, { recursive: true });
  expect(await erase(cwd)).toMatchObject({ exitCode: 0, request: { id: request?.id, tried: 2 } });
});

test("what has to be kept stays, with its reason, and what the trail holds in clear is named", async () => {
  const subjects = "subjects:\n  loki: { keep: the law wants invoices }\n";
  const cwd = await subjectProject(lab, { subjects });
  await run(["audit", "export", "--grep", ANN, "-o", "events.jsonl"], { cwd });
  const { exitCode, request } = await erase(cwd);
  expect(exitCode).toBe(3);
  const kept = request?.outcomes.filter(({ state }) => state === "impossible") ?? [];
  expect(kept.map(({ source, reason }) => `${source}: ${reason}`)).toEqual(
    expect.arrayContaining(["snapshot: the law wants invoices", expect.stringMatching(/^trail: /)]),
  );
  expect(request?.closed).toEqual(expect.any(String));
  expect(isIn(cwd, "backups")).toBe(true);
});

test("two erasures at once: one waits for the other, or is refused, and the data goes once", async () => {
  const cwd = await subjectProject(lab);
  const plan = parsedAs(SUBJECT_ERASE, (await subject(cwd, ANN, "erase", "--dry-run", "--json")).stdout);
  const both = await Promise.all(
    [1, 2].map(() => subject(cwd, ANN, "erase", "--records", `${plan.records}`)),
  );
  expect(both.map(({ exitCode }) => exitCode).sort()).toContain(0);
  expect(isIn(cwd, "backups")).toBe(false);
  expect((await retry(cwd).catch(() => undefined))?.requests ?? []).toEqual([]);
  await expectRun(["audit", "verify"], { cwd });
});

test("what a hold is about stays until it ends, and only that", async () => {
  const cwd = await subjectProject(lab);
  await expectRun(["retention", "hold", "add", "lawsuit", "--backend", "loki"], { cwd });
  const { exitCode, request } = await erase(cwd);
  expect(exitCode).toBe(3);
  const owed = request?.outcomes.filter(({ state }) => state === "owed") ?? [];
  expect(new Set(owed.map(({ reason }) => reason))).toEqual(new Set(["held by lawsuit"]));
  const logs = readdirSync(join(cwd, "backups")).filter((one) => !one.startsWith("."));
  for (const name of logs) {
    expect(holdsWord(ANN)(readFileSync(join(cwd, "backups", name, "logs.json"), "utf8"))).toBe(true);
    // What was exported for the hold is of what it is about alone.
    const runs = join(cwd, "backups", name, "activity", "runs.jsonl");
    if (existsSync(runs)) expect(holdsWord(ANN)(readFileSync(runs, "utf8"))).toBe(false);
  }
  expect(logs.filter((name) => existsSync(join(cwd, "backups", name, "activity")))).toHaveLength(
    logs.length - 1,
  );
  await expectRun(["retention", "hold", "end", "lawsuit", "--yes"], { cwd });
  expect(await retry(cwd)).toMatchObject({ exitCode: 0, requests: [{ closed: expect.any(String) }] });
  expect([isIn(cwd, "backups"), isIn(cwd, "offsite")]).toEqual([false, false]);
});
