/** What is agreed to, how it is kept, and when it no longer fits. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";
import {
  agreedClone,
  hostileClone,
  placeOf,
  startListener,
  storeOf,
  trustByLock,
  wanted,
  withLoki,
  write,
} from "./clone.ts";

setDefaultTimeout(60_000); // cores are shared with other test files

const { heard, url } = startListener();

test("loopback needs no agreement, whatever is sent there; what only looks like it does", async () => {
  const stays = ["http://localhost:1", "http://LOCALHOST:1/x", "http://127.0.0.1:1", "https://127.9.8.7:1"];
  const written = ["http://127.1:1", "http://0x7f.0.0.1:1", "http://2130706433:1", "http://[::1]:1"];
  const mapped = [
    "http://[::ffff:127.0.0.1]:1",
    "http://user:pw@localhost:1",
    "http://127.0.0.1\\\\@evil.example:1",
  ];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable's name
  const secret = "    password: ${AWS_SECRET_ACCESS_KEY}\n";
  for (const one of [...stays, ...written, ...mapped]) {
    const place = hostileClone(url, withLoki(`    url: "${one}"\n${secret}`));
    expect(await wanted(place), one).toEqual([]);
    expect((await place.run(["inventory"])).exitCode, one).not.toBe(4);
  }
  const leaves = [
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://localhost@evil.example",
  ];
  const names = [
    "http://evil.example/127.0.0.1",
    "http://0.0.0.0",
    "http://a.localhost",
    "http://localhost.",
  ];
  const others = [
    "http://loki",
    "http://128.0.0.1",
    "http://[::2]",
    "http://evil.example#@127.0.0.1",
    "http:///evil.example",
  ];
  for (const one of [...leaves, ...names, ...others]) {
    const claims = await wanted(hostileClone(url, withLoki(`    url: "${one}"\n${secret}`)));
    expect(claims, one).toHaveLength(2);
    expect(claims[0], one).toStartWith("address ");
  }
});

test("a host without a scheme is of this machine under the same names, and no others", async () => {
  const withRedis = (address: string) => hostileClone(url, `backends:\n  redis: { address: "${address}" }\n`);
  for (const one of ["localhost", "localhost:6379", "127.0.0.1:1", "[::1]:1"])
    expect(await wanted(withRedis(one)), one).toEqual([]);
  for (const one of ["evil.example:6379", "localhost.evil.example:1", "127.0.0.1.evil.example", "[::2]:1"])
    expect(await wanted(withRedis(one)), one).toHaveLength(1);
});

test("what a fallback, a variable or a link hides is found, and no value of a variable is told", async () => {
  /* biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables' names */
  const lines = [
    '    url: "http://${NO_SUCH_TOKEN:-evil.example}:1/${AWS_SECRET_ACCESS_KEY}"',
    '    headers: { X-A: "${NO_SUCH_TOKEN:-file:HOME/.ssh/id_rsa}" }',
    "    password: file:link/id_rsa",
    "    username: ${WHO}",
    "    ca: HOME/.bashrc",
    "    data: dangling",
  ];
  const place = hostileClone(url, withLoki(`${lines.join("\n")}\n`, "backups: link\n"));
  symlinkSync(join(place.home, ".ssh"), join(place.directory, "link"));
  symlinkSync(join(place.home, "not-there-yet"), join(place.directory, "dangling"));
  const claims = await wanted(place, { WHO: "me" });
  expect(claims.map((claim) => claim.replaceAll(place.home, "HOME")).sort()).toEqual([
    "address http://evil.example:1 from http://${NO_SUCH_TOKEN:-evil.example}:1/${AWS_SECRET_ACCESS_KEY}",
    "outside HOME/.bashrc",
    "outside HOME/.ssh",
    "outside HOME/not-there-yet",
    "secret ${AWS_SECRET_ACCESS_KEY}",
    "secret ${NO_SUCH_TOKEN}",
    "secret ${NO_SUCH_TOKEN}",
    "secret ${WHO}",
    "secret HOME/.ssh/id_rsa",
    "secret HOME/.ssh/id_rsa",
  ]);
  /* biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables' names */
});

test("of the user's own variables those are told that go there, and no others", async () => {
  const more = `sinks:\n  webhook: { url: ${url} }\n`;
  const place = hostileClone(
    url,
    withLoki(`    url: ${url}\n`, more).replace("tempo: { enabled: false }", `tempo: { url: ${url} }`),
  );
  const { stdout } = await place.run(["config", "trust", "--json"]);
  const { claims } = JSON.parse(stdout) as { claims: { key: string; credentials?: string[] }[] };
  expect(claims.map(({ key, credentials }) => [key, credentials])).toEqual([
    ["backends.loki.url", ["CONTEXTCORE_LOKI_TOKEN"]],
    ["backends.tempo.url", undefined],
    ["sinks.webhook.url", undefined],
  ]);
});

test("a way back out of a link is found, which only the system can follow", async () => {
  const place = hostileClone(
    url,
    withLoki("    ca: sub/link/../id_rsa\n    data: ./sub/../x\n", "backups: ../up/..\n"),
  );
  const claims = await wanted(place);
  expect(claims).toEqual(["outside sub/link/../id_rsa", "outside ./sub/../x", "outside ../up/.."]);
});

test("an address in a file of the project counts, and so does every change of it", async () => {
  const place = await agreedClone(url, "name: x\nsinks:\n  webhook: { url: file:./hook }\n");
  write(place, "hook", `${url}/one\n`);
  expect(await wanted(place)).toEqual([expect.stringMatching(/^address http:\/\/0\.0\.0\.0:\d+\/… sha256:/)]);
  expect((await place.run(["config", "show"])).exitCode).toBe(0);
  expect((await place.run(["config", "trust", "--yes"])).exitCode).toBe(0);
  write(place, "hook", `${url}/two\n`);
  expect(await wanted(place)).toHaveLength(1);
});

test("what the user says by variable or flag is the user's own word", async () => {
  const place = hostileClone(url, withLoki("    tenant: a\n"));
  const { exitCode } = await place.run(["inventory", "--set", "backends.loki.timeout=5s"], {
    CONTEXTCORE_LOKI_URL: `${url}/mine`,
    CONTEXTCORE_BACKUPS: place.home,
    CONTEXTCORE_DESTROY_COMMAND: "true",
  });
  expect(exitCode).toBe(3);
  expect(heard.some(({ path }) => path.startsWith("/mine"))).toBe(true);
});

test("a change is refused, and named alone; less than was agreed to is not", async () => {
  const place = await agreedClone(
    url,
    withLoki(`    url: ${url}\n    tenant: a\n`, "sinks:\n  file: { path: HOME/a }\n"),
  );
  const text = readFileSync(join(place.directory, "contextcore.yaml"), "utf8");
  expect((await place.run(["inventory"])).exitCode).toBe(3);
  write(place, "contextcore.yaml", text.slice(0, text.indexOf("sinks:")));
  expect((await place.run(["inventory"])).exitCode).toBe(3);
  write(place, "contextcore.yaml", text.replace(/\/a \}/, "/b }"));
  const { stderr, exitCode } = await place.run(["inventory"]);
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(
    /^This project, \S+, wants more than you agreed to on \d{4}-\d\d-\d\d:\n {2}uses +\S+\/b {2}sinks\.file\.path\nerror: /,
  );
});

test("a plugin that changed is not agreed to, though the lock goes with it", async () => {
  const place = await agreedClone(url, "name: evil\nplugins: [./plugin.ts]\n");
  write(place, "plugin.ts", `${readFileSync(join(place.directory, "plugin.ts"), "utf8")}// changed\n`);
  trustByLock(place.directory, "./plugin.ts");
  const { stderr, exitCode } = await place.run(["plugin", "info", "evil/plugin"]);
  expect({ exitCode, ran: place.hasRun() }).toEqual({ exitCode: 4, ran: false });
  expect(stderr).toContain("./plugin.ts was not opened: you have not agreed to this project");
});

test("another project at the same place, and the same one at another, are not agreed to", async () => {
  const place = await agreedClone(url, withLoki(`    url: ${url}/first\n`));
  const moved = temporaryDirectory();
  renameSync(place.directory, join(moved, "p"));
  mkdirSync(place.directory);
  write(place, "contextcore.yaml", withLoki(`    url: ${url}/second\n`));
  expect(await wanted(place)).toEqual([`address ${url}/second`]);
  expect(await wanted(placeOf(join(moved, "p"), place.home))).toEqual([`address ${url}/first`]);
});

test("a way through a link leads to the same project; a configuration that is a link is what it says", async () => {
  const place = await agreedClone(url, withLoki(`    url: ${url}\n`));
  const link = join(temporaryDirectory(), "link");
  symlinkSync(place.directory, link);
  expect(await wanted(placeOf(link, place.home))).toEqual([]);
  const other = temporaryDirectory();
  symlinkSync(join(place.directory, "contextcore.yaml"), join(other, "contextcore.yaml"));
  expect(await wanted(placeOf(other, place.home))).toEqual([`address ${url}`]);
});

test("CONTEXTCORE_TRUST agrees for one run to what it names, and to nothing else", async () => {
  const place = hostileClone(url, withLoki(`    url: ${url}\n`));
  const { sha256 } = JSON.parse((await place.run(["config", "trust", "--json"])).stdout);
  const other = `sha256:${"0".repeat(64)}`;
  const ended = async (pin: string) => (await place.run(["inventory"], { CONTEXTCORE_TRUST: pin })).exitCode;
  expect(await ended(sha256)).toBe(3);
  expect(await ended(`${other},${sha256}`)).toBe(3);
  expect(await ended(sha256.slice(7))).toBe(2);
  const { stderr, exitCode } = await place.run(["inventory"], { CONTEXTCORE_TRUST: other });
  expect(exitCode).toBe(4);
  expect(stderr).toContain("CONTEXTCORE_TRUST does not match what this project wants");
  expect(stderr).toContain(`it is now\n${sha256}`);
  expect(statSync(storeOf(place), { throwIfNoEntry: false })).toBeUndefined();
});

test("the hash is the same in another checkout, and another one after any change", async () => {
  const hash = async (text: string, env = {}) =>
    JSON.parse((await hostileClone(url, text).run(["config", "trust", "--json"], env)).stdout).sha256;
  const [first, again] = [
    await hash(withLoki(`    url: ${url}\n`)),
    await hash(withLoki(`    url: ${url}\n`)),
  ];
  expect(again).toBe(first);
  expect(await hash(withLoki(`    url: ${url}\n`), { AWS_SECRET_ACCESS_KEY: "another" })).toBe(first);
  expect(await hash(withLoki(`    url: ${url}/x\n`))).not.toBe(first);
  const hook = (path: string) => `name: x\nsinks:\n  webhook: { url: ${url}/${path} }\n`;
  expect(await hash(hook("a"))).not.toBe(await hash(hook("b")));
});

test("who adds or trusts a plugin is not asked again, and has agreed to nothing else", async () => {
  const place = hostileClone(url, withLoki(`    url: ${url}\n`));
  rmSync(join(place.directory, "contextcore.lock"));
  expect((await place.run(["plugin", "add", "./plugin.ts", "--yes"])).exitCode).toBe(0);
  expect(await wanted(place)).toEqual([`address ${url}`]);
  write(place, "plugin.ts", `${readFileSync(join(place.directory, "plugin.ts"), "utf8")}// changed\n`);
  expect((await place.run(["plugin", "trust", "evil/plugin", "--yes"])).exitCode).toBe(0);
  expect(await wanted(place)).toEqual([`address ${url}`]);
});

test("every setting of a plugin of others is told, since only its code knows what it means", async () => {
  const text = `plugins: [./plugin.ts]\nbackends:\n  evil/plugin: { run: [sh, -c], where: { to: "http://127.0.0.1:1" } }\nsinks:\n  evil/plugin: { api_token: abc, note: hi, timeout: 2s }\n`;
  const claims = await wanted(hostileClone(url, text));
  expect(claims.map((claim) => claim.replace(/[0-9a-f]{16,}/, "HASH"))).toEqual([
    "plugin ./plugin.ts sha256:HASH",
    "sink evil/plugin",
    "option sh",
    "option -c",
    "option *** sha256:HASH",
    "option hi",
  ]);
});

test("a project that is not agreed to is proved all the same, without its sinks", async () => {
  const place = hostileClone(url, withLoki("    tenant: a\n"));
  expect((await place.run(["audit", "export"])).exitCode).toBe(0);
  write(
    place,
    "contextcore.yaml",
    withLoki("    tenant: a\n", `sinks:\n  webhook: { url: ${url}/verify }\n`),
  );
  const { stdout, stderr, exitCode } = await place.run(["audit", "verify"]);
  expect(stdout).toContain("sound");
  expect(stderr).toContain("webhook was not opened: you have not agreed to this project");
  expect(exitCode).toBe(3);
  expect(heard.filter(({ path }) => path.startsWith("/verify"))).toEqual([]);
});
