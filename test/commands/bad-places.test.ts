/** Places that cannot keep a copy, or hold something else already: what is said, what to do, and what is left there. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createS3, type S3Face } from "../lab/s3/index.ts";
import type { S3Options } from "../lab/s3/state.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import { startMoto, startRadosgw } from "../support/s3-servers.ts";

setDefaultTimeout(120_000); // cores are shared with other test files

const KEYS = { AWS_ACCESS_KEY_ID: "access-of-the-user", AWS_SECRET_ACCESS_KEY: "s3cret-of-the-user" };

/** A project with a snapshot and a place. */
async function project(place: string, name?: string, entries?: number): Promise<string> {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\nstores:\n  offsite: { ${place} }\n` });
  const path = await smallSnapshot(join(cwd, "backups"), entries === undefined ? {} : { entries });
  if (name !== undefined) renameSync(path, join(cwd, "backups", name));
  return agreed(cwd);
}

const s3 = (url: string, more = ""): string => `plugin: s3, url: "${url}", bucket: shop${more}`;

function startLab(options: S3Options = {}, more: Partial<S3Face["defects"]> = {}) {
  const lab = createS3(options);
  Object.assign(lab.defects, more);
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: lab.handle });
  server.unref();
  return { lab, url: `http://127.0.0.1:${server.port}` };
}

async function copied(cwd: string, env: Readonly<Record<string, string>> = KEYS) {
  const { stdout, stderr, exitCode } = await run(["snapshots", "copy", "latest", "--to", "offsite"], {
    cwd,
    env,
  });
  expect(`${stdout}${stderr}`).not.toContain("s3cret");
  return { exitCode, said: stderr.replace(/\s+/g, " ") };
}

const NOTHING = "no snapshot was copied to offsite; the same command goes on";

describe("nothing is copied, and it is said what to change:", async () => {
  const ceph = await startRadosgw();
  await ceph.makeBucket("shop");
  const { accessKeyId, secretAccessKey } = ceph.options;
  const sound = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const page = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response("<html>Welcome</html>"),
  });
  page.unref();
  const denied = new Map([
    ["PUT", [403, "AccessDenied"]],
    ["POST", [403, "AccessDenied"]],
  ] as const);

  test.each([
    [
      "no credentials",
      {},
      /there are no credentials: \S+ cannot be read: .* hint: Set AWS_ACCESS_KEY_ID and/,
    ],
    [
      "a wrong secret key",
      { ...sound, AWS_SECRET_ACCESS_KEY: "s3cret-of-another" },
      /403 SignatureDoesNotMatch hint: The secret key is not that of the access key, .* check `secretAccessKey`/,
    ],
    [
      "an unknown access key",
      { ...sound, AWS_ACCESS_KEY_ID: "nobody" },
      /403 InvalidAccessKeyId hint: The service does not know this access key: check `accessKeyId`/,
    ],
  ])("%s", async (_, env, message) => {
    const { exitCode, said } = await copied(await project(s3(ceph.url)), env);
    expect(said).toMatch(message);
    expect([exitCode, said]).toEqual([1, expect.stringContaining(NOTHING)]);
  });

  test.each([
    [
      "a bucket that is missing",
      { bucket: "other" },
      {},
      /404 NoSuchBucket.* hint: Create it, .* check `bucket`/,
    ],
    [
      "a bucket in another region",
      { region: "eu-west-1" },
      {},
      /the bucket is in the region eu-west-1, not us-east-1 hint: Set `region: eu-west-1`/,
    ],
    [
      "a bucket that may only be read",
      {},
      { codes: denied },
      /403 AccessDenied.* hint: The credentials are known and may not do this: see what they need in docs\/stores\.md/,
    ],
    [
      "a service that knows no checksums",
      {},
      { refusesChecksums: true },
      /501 NotImplemented.* hint: .* set `checksums: false`/,
    ],
    [
      "a service that lets a second writer win",
      {},
      { ignoresConditions: true },
      /offsite ignores that an object is to be written only if it is absent hint: .* use another store/,
    ],
  ])("%s", async (_, options, defects, message) => {
    const { lab, url } = startLab(options, defects);
    const { exitCode, said } = await copied(await project(s3(url)));
    expect(said).toMatch(message);
    expect([exitCode, said]).toEqual([1, expect.stringContaining(NOTHING)]);
    expect([...lab.objects.keys()].filter((key) => key.endsWith("copy.json"))).toEqual([]);
  });

  test.each([
    [
      "a web page",
      s3(`http://127.0.0.1:${page.port}`),
      /is not what S3 says|not answered with a part hint: Is `url` an S3 service/,
    ],
    [
      "a path that is a file",
      "plugin: directory, path: ./contextcore.yaml",
      /a part of that path is a file hint: Move away the file that is in the way, or name another directory/,
    ],
    [
      "the snapshots directory",
      "plugin: directory, path: ./backups",
      /offsite keeps its objects where the snapshots are: \S+ hint: .* let the store use another directory/,
    ],
  ])("%s", async (_, place, message) => {
    const { exitCode, said } = await copied(await project(place));
    expect(said).toMatch(message);
    expect([exitCode, said]).toEqual([1, expect.stringContaining(NOTHING)]);
  });
});

test.each([["contextcore.yaml"], ["contextcore.yaml/below"]])(
  "a file (%s) does not pass for an empty place",
  async (path) => {
    const cwd = await project(`plugin: directory, path: ./${path}`);
    for (const command of [
      ["snapshots", "list", "--place", "offsite"],
      ["verify", "offsite"],
      ["verify", "offsite:latest"],
      ["snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--dry-run"],
      ["recover", "--from", "offsite", "--dry-run"],
    ]) {
      const { exitCode, stderr } = await run(command, { cwd });
      expect([command.join(" "), exitCode], stderr).toEqual([command.join(" "), 1]);
      expect(stderr.replace(/\s+/g, " ")).toContain(
        "a part of that path is a file hint: Move away the file that is in the way",
      );
    }
  },
);

test("the snapshots directory is no place by another path either, and its snapshot stays the only one", async () => {
  const cwd = await project("plugin: directory, path: ./mounted/there");
  symlinkSync(".", join(cwd, "mounted"));
  symlinkSync("backups", join(cwd, "there"));
  for (const _ of ["first", "again"]) expect((await copied(cwd)).exitCode).toBe(1);
  const { stdout } = await run(["snapshots", "list", "--json"], { cwd });
  expect(stdout).not.toContain("offsite");
  expect((await run(["verify", "latest"], { cwd })).exitCode).toBe(0);
});

test("by a clock that is two hours off a copy is written all the same: the service says what time it is", async () => {
  const { lab, url } = startLab({ now: () => new Date(Date.now() - 7_200_000) });
  const cwd = await project(s3(url));
  expect((await copied(cwd)).exitCode).toBe(0);
  expect([...lab.objects.keys()].filter((key) => key.endsWith("/copy.json"))).toHaveLength(1);
  expect((await run(["verify", "offsite:latest"], { cwd, env: KEYS })).exitCode).toBe(0);
});

test("a bucket with versions keeps nothing of a copy that is pruned, also of what was written twice", async () => {
  const moto = await startMoto();
  await moto.makeBucket("shop");
  const status = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`;
  await moto.call("PUT", "/shop", { query: "versioning=", body: status });
  const versions = async (prefix: string): Promise<number> => {
    const answer = await moto.call("GET", "/shop", { query: `prefix=${prefix}&versions=` });
    return (await answer.text()).match(/<VersionId>/g)?.length ?? 0;
  };
  const cwd = await project(s3(moto.url));
  expect((await copied(cwd)).exitCode).toBe(0);
  const [name = ""] = readdirSync(join(cwd, "backups"));
  const before = await versions(name);
  await moto.call("PUT", `/shop/${name}/logs.json`, { body: "something else" });
  expect((await copied(cwd)).exitCode).toBe(0);
  expect((await run(["verify", `offsite:${name}`], { cwd, env: KEYS })).exitCode).toBe(0);
  expect(await versions(name)).toBe(before + 2);
  await smallSnapshot(join(cwd, "backups"));
  expect((await copied(cwd)).exitCode).toBe(0);
  const prune = ["snapshots", "prune", "--place", "offsite", "--keep-last", "1", "--allow-gaps", "--yes"];
  expect((await run(prune, { cwd, env: KEYS })).exitCode).toBe(0);
  expect([await versions(`${name}/`), await versions("")]).toEqual([0, before]);
});

test("what others keep in a bucket is neither listed nor touched", async () => {
  const { lab, url } = startLab();
  const cwd = await project(s3(url));
  const theirs = [
    "notes.txt",
    "20200101-000000/readme",
    "20200101-000000/",
    "a//b",
    "../c",
    "logs/copy.json",
  ];
  for (const key of theirs)
    lab.objects.set(key, {
      bytes: Buffer.from("theirs"),
      etag: '"x"',
      modified: new Date("2020-01-01"),
      headers: {},
      storageClass: "STANDARD",
    });
  expect((await copied(cwd)).exitCode).toBe(0);
  const listed = await run(["snapshots", "list", "--place", "offsite", "--json"], { cwd, env: KEYS });
  const { snapshots }: { snapshots: unknown[] } = JSON.parse(listed.stdout);
  expect([listed.exitCode, snapshots.length]).toEqual([0, 1]);
  for (const key of theirs) expect(String(lab.objects.get(key)?.bytes)).toBe("theirs");
});

describe("of two who write one name at once", () => {
  test("both are right when it is the same snapshot", async () => {
    const { lab, url } = startLab();
    const cwd = await project(s3(url));
    // Whoever comes first makes the key; both sign with it.
    expect((await run(["audit", "keygen"], { cwd })).exitCode).toBe(0);
    const said = await Promise.all([copied(cwd), copied(cwd), copied(cwd)]);
    expect(said.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect([...lab.objects.keys()].filter((key) => key.endsWith("/copy.json"))).toHaveLength(1);
    expect((await run(["verify", "offsite:latest"], { cwd, env: KEYS })).exitCode).toBe(0);
  });

  test("one has it when it is not, and the other is told that it is taken", async () => {
    const { url } = startLab();
    const name = "20260124-143000";
    const projects = await Promise.all([project(s3(url), name), project(s3(url), name, 50)]);
    const said = await Promise.all(projects.map((cwd) => copied(cwd)));
    expect(said.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
    const winner = said.findIndex(({ exitCode }) => exitCode === 0);
    expect(said[1 - winner]?.said).toMatch(
      /offsite:20260124-143000\S* is taken: .* hint: Nothing there was changed\. Use another place or another prefix/,
    );
    const cwd = projects[winner] ?? "";
    expect((await run(["verify", `offsite:${name}`], { cwd, env: KEYS })).exitCode).toBe(0);
    expect(existsSync(join(cwd, "backups", name))).toBe(true);
  });
});
