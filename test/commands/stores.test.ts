/** Places for snapshots as a user configures them: shown, checked, agreed to, tried. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createS3 } from "../lab/s3/index.ts";
import type { S3Options } from "../lab/s3/state.ts";
import { type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";

setDefaultTimeout(60_000); // cores are shared with other test files

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

const project = (stores: string, more = ""): string =>
  temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${OFF}stores:\n${stores}${more}` });

const usb = (path: string): string => `  usb: { plugin: directory, path: ${path} }\n`;

function printed({ stdout, stderr, exitCode }: Finished, code: number) {
  if (exitCode !== code) throw new Error(`exit code ${exitCode}: ${stderr}${stdout}`);
  return JSON.parse(stdout);
}

test("config show has each store's options, and where they come from", async () => {
  const cwd = project(usb("kept"));
  const env = { CONTEXTCORE_OTHER_PATH: "x" };
  const { settings } = printed(await run(["config", "show", "--json"], { cwd, env }), 0);
  expect(settings.filter(({ key }: { key: string }) => key.startsWith("stores."))).toEqual([
    { key: "stores.usb.plugin", value: "directory", where: "contextcore.yaml:8" },
    { key: "stores.usb.path", value: join(cwd, "kept"), where: "contextcore.yaml:8" },
  ]);
  const set = ["--set", "stores.usb.path=there"];
  const shown = await run(["config", "show", ...set], { cwd });
  expect(shown.stdout).toMatch(/^stores\.usb\.path +\S+\/there +--set$/m);
  const named = await run(["config", "show"], { cwd, env: { CONTEXTCORE_USB_PATH: "here" } });
  expect(named.stdout).toMatch(/^stores\.usb\.path +\S+\/here +CONTEXTCORE_USB_PATH$/m);
});

describe("config check finds", () => {
  test.each([
    ["  usb: { plugin: directory, pth: x }\n", "stores.usb.pth: unknown key (did you mean path?)"],
    ["  usb: { plugin: directory }\n", "stores.usb.path: is missing"],
    [
      "  usb: { plugin: directroy, path: x }\n",
      "stores.usb.plugin: there is no plugin called directroy (Did you mean directory?)",
    ],
    ["  usb: { plugin: loki }\n", "stores.usb.plugin: loki is not a store"],
    ["  webhook: { url: http://127.0.0.1 }\n", "stores.webhook: webhook is not a store"],
    [
      "  loki: { plugin: directory, path: x }\n",
      "stores.loki: the name of the plugin loki, but this is an instance",
    ],
    ["  Usb: { plugin: directory, path: x }\n", "stores.Usb: not a valid name"],
    ["  usb: x\n", "stores.usb: expected keys and values, found"],
  ])("%s", async (stores, message) => {
    const { stdout, exitCode } = await run(["config", "check"], { cwd: project(stores) });
    expect(stdout).toContain(`: ${message}`);
    expect(exitCode).toBe(2);
  });

  test("a variable that changes nothing", async () => {
    const cwd = project(usb("kept"));
    const { stderr } = await run(["config", "check"], { cwd, env: { CONTEXTCORE_USB_PAHT: "x" } });
    expect(stderr).toContain("CONTEXTCORE_USB_PAHT changes nothing: did you mean CONTEXTCORE_USB_PATH?");
  });

  test("a store of --set that nobody has configured", async () => {
    const set = ["config", "check", "--set", "stores.usb2.path=x"];
    const { stdout } = await run(set, { cwd: project(usb("kept")) });
    expect(stdout).toContain("--set: stores.usb2: there is no store called usb2 (Configured: usb.)");
  });
});

test("a command that needs no store is not stopped by one that cannot be opened now", async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable's name
  const cwd = project('  usb: { plugin: directory, path: "${NOWHERE}" }\n');
  expect((await run(["snapshots", "list"], { cwd })).exitCode).toBe(0);
  expect((await run(["inventory"], { cwd })).stderr).not.toContain("NOWHERE");
  expect((await run(["config", "check"], { cwd })).stdout).toContain("NOWHERE is not set");
});

test("a place outside of the project is agreed to first, and nothing is written there before", async () => {
  const outside = temporaryDirectory();
  const cwd = project(usb(join(outside, "kept")));
  const refused = await run(["doctor"], { cwd });
  expect(refused.exitCode).toBe(4);
  expect(existsSync(join(outside, "kept"))).toBe(false);
  const { stdout } = await run(["config", "trust", "--json"], { cwd });
  expect(JSON.parse(stdout).claims).toMatchObject([
    { kind: "outside", key: "stores.usb.path", value: join(outside, "kept") },
  ]);
  const tried = await run(["doctor"], { cwd: agreed(cwd) });
  expect(tried.stdout).toMatch(/^ok +usb +can keep snapshots/m);
});

describe("doctor", () => {
  test("tries a store with everything, and leaves nothing of it", async () => {
    const cwd = project(usb("kept"));
    const { stdout } = await run(["doctor"], { cwd });
    expect(stdout.replace(/\s+/g, " ")).toContain(
      "ok usb can keep snapshots: tried to write, write only what is absent, read, read a part, list and delete",
    );
    expect(readdirSync(join(cwd, "kept"))).toEqual([".contextcore-unfinished"]);
  });

  test("says what a store cannot do, and what helps", async () => {
    const cwd = project(usb("kept/file"));
    await Bun.write(join(cwd, "kept"), "a file");
    const { stdout, exitCode } = await run(["doctor"], { cwd });
    expect(stdout.replace(/\s+/g, " ")).toMatch(
      /problem usb cannot write: usb: cannot use \S+: a part of that path is a file/,
    );
    expect(exitCode).toBe(3);
  });
});

describe("a bucket", () => {
  const KEYS = { AWS_ACCESS_KEY_ID: "access", AWS_SECRET_ACCESS_KEY: "s3cret-of-the-user" };
  const offsite = (url: string, more = ""): string =>
    `  offsite: { plugin: s3, url: "${url}", bucket: shop, prefix: stack${more} }\n`;

  /** The look-alike of S3 on every interface: it is reached at an address that is not this machine's own. */
  function startBucket(options: S3Options = {}) {
    const lab = createS3(options);
    const server = Bun.serve({ port: 0, hostname: "0.0.0.0", fetch: lab.handle });
    return { lab, url: `http://0.0.0.0:${server.port}`, [Symbol.dispose]: () => void server.stop(true) };
  }

  const tried = async (cwd: string) => {
    const { stdout, stderr, exitCode } = await run(["doctor"], { cwd, env: KEYS });
    expect(`${stdout}${stderr}`).not.toContain("s3cret");
    return { said: stdout.replace(/\s+/g, " "), exitCode };
  };

  test("hears nothing before its project is agreed to, and then no secret", async () => {
    using bucket = startBucket();
    const cwd = project(offsite(bucket.url));
    expect((await tried(cwd)).exitCode).toBe(4);
    expect(bucket.lab.heard).toEqual([]);
    const { stdout } = await run(["config", "trust", "--json"], { cwd });
    expect(JSON.parse(stdout).claims).toMatchObject([
      { kind: "address", key: "stores.offsite.bucket", value: "shop" },
      { kind: "address", key: "stores.offsite.prefix", value: "stack" },
      { kind: "address", key: "stores.offsite.url", value: bucket.url },
    ]);
    expect((await tried(agreed(cwd))).said).toContain("ok offsite can keep snapshots");
    expect(bucket.lab.objects.size).toBe(0);
    const heard = bucket.lab.heard.map(({ path, headers }) => `${path} ${JSON.stringify([...headers])}`);
    expect(heard.join("\n")).not.toContain("s3cret");
    expect(heard.filter((call) => call.startsWith("/shop/stack/contextcore-probe-")).length).toBeGreaterThan(
      5,
    );
  });

  test("that is moved elsewhere in the project is asked about again", async () => {
    using bucket = startBucket();
    const cwd = agreed(project(offsite(bucket.url)));
    const file = join(cwd, "contextcore.yaml");
    await Bun.write(file, (await Bun.file(file).text()).replace("bucket: shop", "bucket: theirs"));
    expect((await tried(cwd)).exitCode).toBe(4);
    expect(bucket.lab.heard).toEqual([]);
  });

  test.each([
    [
      "ignores conditions",
      { ignoresConditions: true },
      /problem offsite cannot write only what is absent: 5 of 5 who/,
    ],
    [
      "refuses checksums",
      { refusesChecksums: true },
      /problem offsite cannot write: .*501 NotImplemented.* `checksums: false`/,
    ],
  ])("that %s is a problem", async (_, defects, message) => {
    using bucket = startBucket();
    Object.assign(bucket.lab.defects, defects);
    const { said, exitCode } = await tried(agreed(project(offsite(bucket.url))));
    expect(said).toMatch(message);
    expect([exitCode, bucket.lab.objects.size]).toEqual([3, 0]);
  });

  test.each([
    [
      "in another region",
      { region: "eu-west-1" },
      /the bucket is in the region eu-west-1, not us-east-1 Set `region: eu-west-1`/,
    ],
    ["of another name", { bucket: "other" }, /404 NoSuchBucket.* Create it/],
    [
      "with another clock",
      { now: () => new Date(Date.now() + 7_200_000) },
      /warning clock offsite's is (?:2h|1h59m) ahead of ours .*its clock says \S+, and ours \S+ Synchronize this machine's clock/,
    ],
  ])("%s is named", async (_, options, message) => {
    using bucket = startBucket(options);
    const { said, exitCode } = await tried(agreed(project(offsite(bucket.url))));
    expect(said).toMatch(message);
    expect(exitCode).toBe(3);
  });

  test("of Amazon's is asked about by its name, since no address stands there", async () => {
    const cwd = project("  offsite: { plugin: s3, bucket: theirs-in-secret }\n");
    const { stdout } = await run(["config", "trust", "--json"], { cwd });
    expect(JSON.parse(stdout).claims).toMatchObject([{ kind: "address", value: "theirs-in-secret" }]);
  });
});

test("a foreign plugin that gets snapshots is a claim of its own", async () => {
  const cwd = project("  away: { plugin: acme/away, bucket: shop }\n", "plugins: [./away.ts]\n");
  const { stdout } = await run(["config", "trust", "--json"], { cwd });
  expect(JSON.parse(stdout).claims).toMatchObject([
    { kind: "store", key: "stores.away", value: "acme/away" },
    { kind: "option", key: "stores.away.bucket", value: "shop" },
  ]);
});
