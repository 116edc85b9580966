/** What a bucket does by itself to copies: our rules beside those of others, shown first. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { eventsIn } from "../support/printed.ts";
import { agreed } from "../support/project.ts";
import { startMoto } from "../support/s3-servers.ts";
import { command, project } from "./copied.ts";

setDefaultTimeout(120_000);

const moto = await startMoto();
const AWS = {
  AWS_ACCESS_KEY_ID: moto.options.accessKeyId,
  AWS_SECRET_ACCESS_KEY: moto.options.secretAccessKey,
};
const withAws = (cwd: string, ...args: string[]) => run(args, { cwd, env: AWS });

/** A project whose place is a bucket of its own, which others have a rule for. */
async function withBucket(bucket: string) {
  await moto.makeBucket(bucket);
  const other = `<Rule><ID>theirs</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule>`;
  const body = `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${other}</LifecycleConfiguration>`;
  expect((await moto.call("PUT", `/${bucket}`, { query: "lifecycle=", body })).status).toBe(200);
  const { cwd, name } = await project();
  const configure = (more: string): string => {
    const s3 = `{ plugin: s3, url: "${moto.url}", bucket: ${bucket}, prefix: shop${more} }`;
    writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\nstores:\n  vault: ${s3}\n`);
    return agreed(cwd);
  };
  const rules = async (): Promise<string[]> => {
    const text = await (await moto.call("GET", `/${bucket}`, { query: "lifecycle=" })).text();
    return [...text.matchAll(/<ID>([^<]*)<\/ID>/gi)].map(([, id = ""]) =>
      id.replace(/^contextcore-\w+-/, "our "),
    );
  };
  return { cwd, name, configure, rules };
}

const ARCHIVE = ", archive: { GLACIER: 90d, STANDARD_IA: 30d }";

test("rules are shown, agreed to, set beside those of others, recorded, and removed again", async () => {
  const { cwd, configure, rules } = await withBucket("aged");
  configure(ARCHIVE);
  const set = ["snapshots", "lifecycle", "vault"];
  const shown = await withAws(cwd, ...set, "--dry-run");
  expect([shown.exitCode, await rules()]).toEqual([0, ["theirs"]]);
  expect(shown.stdout).toMatch(/add +data +data alone: to STANDARD_IA after 30d and to GLACIER after 90d/);
  expect(shown.stdout).toMatch(
    /add +leftovers +everything: unfinished uploads go after 48h and replaced versions go after 48h/,
  );
  expect([(await withAws(cwd, ...set)).exitCode, await rules()]).toEqual([4, ["theirs"]]);
  const done = await withAws(cwd, ...set, "--yes");
  expect([done.exitCode, done.stderr]).toEqual([
    0,
    expect.stringContaining("the rules of vault are in force"),
  ]);
  expect((await rules()).sort()).toEqual(["our data", "our leftovers", "theirs"]);
  const events = eventsIn((await command(cwd, "audit", "--json")).stdout).slice(-2);
  expect(events).toMatchObject([
    { operation: "lifecycle", outcome: "started", data_affected: ["vault: data", "vault: leftovers"] },
    { operation: "lifecycle", outcome: "success", details: { rules: ["add data", "add leftovers"] } },
  ]);
  const again = await withAws(cwd, ...set, "--json");
  expect([again.exitCode, JSON.parse(again.stdout)]).toMatchObject([
    0,
    {
      done: true,
      rules: [
        { id: "data", change: "keep" },
        { id: "leftovers", change: "keep" },
      ],
    },
  ]);
  configure("");
  expect((await withAws(cwd, ...set, "--yes")).stdout + (await rules()).join()).toContain("our leftovers");
  expect((await rules()).sort()).toEqual(["our leftovers", "theirs"]);
});

test("data is marked, and nothing that a restore begins with", async () => {
  const { cwd, name, configure } = await withBucket("tagged");
  configure(ARCHIVE);
  expect((await withAws(cwd, "snapshots", "copy", name, "--to", "vault")).exitCode).toBe(0);
  const tagOf = async (file: string): Promise<boolean> => {
    const answer = await moto.call("GET", `/tagged/shop/${name}/${file}`, { query: "tagging=" });
    return (await answer.text()).includes("<Key>contextcore</Key>");
  };
  const files = [
    "logs.json",
    "metrics/metadata.json",
    "manifest.json",
    "blocks.jsonl",
    "SHA256SUMS",
    "copy.json",
  ];
  expect(await Promise.all(files.map(tagOf))).toEqual([true, true, false, false, false, false]);
});

test("who restores the newest is told beforehand what would have to be retrieved first", async () => {
  const { cwd, configure } = await withBucket("cold");
  configure(ARCHIVE);
  const old = "20260124-143000";
  const backups = join(cwd, "old");
  cpSync(join(import.meta.dir, "../fixtures/snapshots/format-1-plain"), join(backups, old), {
    recursive: true,
  });
  const manifest = join(backups, old, "manifest.json");
  expect(new Date(JSON.parse(readFileSync(manifest, "utf8")).created).getTime()).toBeLessThan(
    Date.now() - 90 * 86_400_000,
  );
  const copied = await withAws(cwd, "snapshots", "copy", old, "--to", "vault", "--set", "backups=old");
  expect(copied.exitCode, copied.stderr).toBe(0);
  const shown = await withAws(cwd, "snapshots", "lifecycle", "vault", "--dry-run", "--json");
  expect([shown.exitCode, shown.stderr]).toEqual([0, expect.stringContaining("have to be retrieved")]);
  expect(shown.stderr).toContain("which takes 3 to 5 hours");
  expect(JSON.parse(shown.stdout).archived).toMatchObject({
    snapshotsTotal: 1,
    bytes: expect.any(Number),
    takes: "3 to 5 hours",
  });
  // What lies there can be read at once.
  configure(", archive: { STANDARD_IA: 30d }");
  const cheaper = await withAws(cwd, "snapshots", "lifecycle", "vault", "--dry-run", "--json");
  expect([cheaper.exitCode, cheaper.stderr]).toEqual([0, expect.not.stringContaining("retrieved")]);
  expect(JSON.parse(cheaper.stdout).archived).toEqual({ snapshotsTotal: 0, bytes: 0 });
});

test("copies that are there when data is first to move are named: theirs may not be marked", async () => {
  const { cwd, name, configure } = await withBucket("unmarked");
  configure("");
  expect((await withAws(cwd, "snapshots", "copy", name, "--to", "vault")).exitCode).toBe(0);
  configure(ARCHIVE);
  const set = ["snapshots", "lifecycle", "vault"];
  const shown = await withAws(cwd, ...set, "--dry-run", "--json");
  expect(shown.stderr).toContain("vault has 1 copy already: data moves only if `archive` was set");
  expect(JSON.parse(shown.stdout).perhapsUnmarkedTotal).toBe(1);
  expect((await withAws(cwd, ...set, "--yes")).exitCode).toBe(0);
  expect((await withAws(cwd, ...set)).stderr).not.toContain("already: data moves");
});

test("a place that ages nothing, and a time that is none", async () => {
  const { cwd } = await project();
  const none = await command(cwd, "snapshots", "lifecycle", "offsite");
  expect([none.exitCode, none.stderr]).toEqual([
    0,
    expect.stringContaining("moves and removes nothing by itself"),
  ]);
  const write = (more: string) =>
    writeFileSync(
      join(cwd, "contextcore.yaml"),
      `name: shop\nstores:\n  offsite: { plugin: directory, path: ./offsite, archive: ${more} }\n`,
    );
  write("{ GLACIER: 30d }");
  const refused = await command(cwd, "snapshots", "lifecycle", "offsite");
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("`archive` is set for it")]);
  for (const wrong of ["{ GLACIER: 12h }", "{ glacier: 30d }", "{}", "soon"]) {
    write(wrong);
    expect([wrong, (await command(cwd, "config", "check")).exitCode]).toEqual([wrong, 2]);
  }
});
