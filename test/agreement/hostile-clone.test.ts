/** In a cloned repository nothing runs, nothing is read outside of it, and nothing is sent, until its user agrees. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { hostileClone, placeOf, startListener } from "./clone.ts";

setDefaultTimeout(60_000); // cores are shared with other test files

const { heard, url } = startListener();

/** What each command ends with, where nobody has agreed and nobody can be asked. */
const COMMANDS: Readonly<Record<string, number>> = {
  inventory: 4,
  "inventory --json": 4,
  "export -t 1h": 4,
  "export --resume": 4,
  "restore latest --yes": 4,
  "destroy --option 3 --confirm evil": 4,
  "snapshots prune --keep-daily 1 --yes": 4,
  "dashboards list": 4,
  "persistence show": 4,
  "persistence check-destroy": 4,
  "audit export": 4,
  "audit prune --dry-run": 4,
  "audit sinks test": 4,
  "audit sinks deliver": 4,
  doctor: 4,
  "plugin info evil/plugin": 4,
  "config trust": 4,
  "config trust --json": 4,
  // Those that only look at what is here.
  "plugin list": 3,
  "plugin info loki": 0,
  "config show": 0,
  "config check": 0,
  "audit verify": 4, // there is no trail
  "audit sinks": 0,
  "audit list": 0,
  "snapshots list": 0,
  "completions bash": 0,
};

const clone = hostileClone(url);
const before = clone.homeFiles();

test.each(Object.entries(COMMANDS))("%s ends with %i", async (words, code) => {
  const { stdout, stderr, exitCode } = await clone.run(words.split(" "));
  expect(exitCode, `${stdout}\n${stderr}`).toBe(code);
  expect(clone.hasRun()).toBe(false);
  expect(heard).toEqual([]);
  expect(clone.homeFiles()).toEqual(before);
  expect(`${stdout}${stderr}`).not.toContain("s3cret");
});

test("a refusal says what the project wants, and what to type", async () => {
  const { stderr } = await clone.run(["inventory"]);
  const said = stderr
    .replaceAll(clone.home, "HOME")
    .replaceAll(clone.directory, "DIR")
    .replaceAll(url, "URL");
  expect(said.replace(/[0-9a-f]{64}|[0-9a-f]{16}/g, "HASH")).toBe(
    [
      "You have not agreed to this project yet, DIR/contextcore.yaml:",
      "  runs          ./plugin.ts sha256:HASH  plugins",
      "  destroys with touch HOME/destroyed  destroy.command",
      "  uses          HOME/.bashrc  sinks.file.path",
      "  sends to      URL/loki with your CONTEXTCORE_LOKI_TOKEN  backends.loki.url",
      "  sends to      URL/… sha256:HASH  sinks.webhook.url",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable's name
      "  passes on     ${AWS_SECRET_ACCESS_KEY} to URL  backends.loki.headers.X-Aws",
      "  passes on     HOME/.ssh/id_rsa to URL  backends.loki.headers.X-Ssh",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable's name
      "  passes on     ${AWS_SECRET_ACCESS_KEY} to URL  sinks.webhook.url",
      "error: the project is not agreed to: nothing of it was run, read or sent",
      "hint: look at it with: contextcore config trust · then, where nobody can answer:",
      "CONTEXTCORE_TRUST=sha256:HASH",
      "",
    ].join("\n"),
  );
});

test("the same from a folder below it, and by --config from elsewhere", async () => {
  mkdirSync(join(clone.directory, "deep/er"), { recursive: true });
  const below = placeOf(join(clone.directory, "deep/er"), clone.home);
  const away = placeOf(clone.home, clone.home);
  const byFlag = await away.run(["--config", join(clone.directory, "contextcore.yaml"), "inventory"]);
  const byVariable = await away.run(["inventory"], {
    CONTEXTCORE_CONFIG: join(clone.directory, "contextcore.yaml"),
  });
  for (const { exitCode, stderr } of [await below.run(["inventory"]), byFlag, byVariable]) {
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`${clone.directory}/contextcore.yaml:`);
  }
  expect({ heard, ran: clone.hasRun() }).toEqual({ heard: [], ran: false });
});

test("a plugin that the user names is the clone's code all the same", async () => {
  const other = hostileClone(url, "name: evil\n");
  const { exitCode } = await other.run(["inventory"], { CONTEXTCORE_PLUGINS: "./plugin.ts" });
  expect({ exitCode, ran: other.hasRun() }).toEqual({ exitCode: 4, ran: false });
});

test("once it is agreed to, all of it happens: what is looked for above would be found", async () => {
  const agreed = hostileClone(url);
  expect((await agreed.run(["config", "trust", "--yes"])).exitCode).toBe(0);
  expect((await agreed.run(["inventory"])).exitCode).toBe(3);
  expect(agreed.hasRun()).toBe(true);
  expect(heard.find(({ path }) => path.startsWith("/loki"))?.headers).toMatchObject({
    authorization: "Bearer token-s3cret-of-the-user",
    "x-aws": "aws-s3cret-of-the-user",
    "x-ssh": "ssh-s3cret-of-the-user",
  });
  await agreed.run(["audit", "export"]);
  expect(heard.some(({ path }) => path === "/hook/aws-s3cret-of-the-user")).toBe(true);
  expect(agreed.homeFiles().find((file) => file.startsWith(".bashrc"))).toContain("audit_export");
});
