/** Configurations that are wrong: every mistake is told, with its line and without a secret. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { labProject } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());
const cwd = labProject(lab);

/** A configuration, and the line that names what is wrong with it. */
const CONFIGURATIONS: readonly (readonly [string, string])[] = [
  ["name: shop\nbackend: {}\n", "contextcore.yaml:2: backend: unknown key\nhint: did you mean backends?"],
  [
    "backends:\n  loki:\n    url: localhost\n",
    "contextcore.yaml:3: backends.loki.url: not an http:// or https:// URL",
  ],
  [
    "backends:\n  loki:\n    timeout: 5 parsecs\n",
    "contextcore.yaml:3: backends.loki.timeout: not a duration (use 30s, 5m, 24h, 7d)",
  ],
  [
    "export:\n  concurrency: lots\n",
    'contextcore.yaml:2: export.concurrency: expected a number, found "lots"',
  ],
  [
    "backends:\n  lokki: {}\n",
    "contextcore.yaml:2: backends.lokki: there is no plugin called lokki\nhint: Did you mean loki?",
  ],
  ["a: 'b\n", "contextcore.yaml:2: Missing closing 'quote"],
  [
    "- loki\n- grafana\n",
    "contextcore.yaml: the file must consist of keys with values, but it is a list\nhint: write for example `name: shop`; contextcore config init writes a whole file",
  ],
  [
    "shop\n",
    'contextcore.yaml: the file must consist of keys with values, but it is only "shop"\nhint: write for example `name: shop`; contextcore config init writes a whole file',
  ],
  [
    "backends:\n  loki:\n    enabled: maybe\n",
    'contextcore.yaml:3: backends.loki.enabled: expected a boolean, found "maybe"',
  ],
];

test.each(CONFIGURATIONS)("configuration %j", async (text, said) => {
  const directory = temporaryDirectory({ "contextcore.yaml": text });
  const { stdout, stderr, exitCode } = await run(["inventory"], { cwd: directory });
  expect({ stdout, exitCode, stderr }).toEqual({ stdout: "", exitCode: 2, stderr: `error: ${said}\n` });
});

test("config check lists every mistake", async () => {
  const text = "nam: x\nbackends:\n  loki:\n    urll: x\n  tempo:\n    timeout: never\n";
  const directory = temporaryDirectory({ "contextcore.yaml": text });
  const { stdout, exitCode } = await run(["config", "check"], { cwd: directory });
  expect(stdout.split("\n").map((line) => line.split(": ").slice(0, 2).join(" "))).toEqual([
    "contextcore.yaml:1 nam",
    "contextcore.yaml:4 backends.loki.urll",
    "contextcore.yaml:6 backends.tempo.timeout",
    "",
  ]);
  expect(exitCode).toBe(2);
});

test("config check names variables that change nothing", async () => {
  const text = `backends:\n  grafana:\n    token: "\${CONTEXTCORE_OF_MINE}"\n`;
  const directory = temporaryDirectory({ "contextcore.yaml": text });
  const env = {
    CONTEXTCORE_LOKI_ULR: "http://localhost:1",
    CONTEXTCORE_LOKI_URL: "http://localhost:1",
    CONTEXTCORE_FORMAT: "json",
    CONTEXTCORE_OF_MINE: "t0ken",
    CONTEXTCORE_WEBHOOK_URL: "http://localhost:1", // the sink is not configured
  };
  const { stderr, exitCode } = await run(["config", "check"], { cwd: directory, env });
  expect(exitCode).toBe(0);
  expect(stderr.trimEnd().split("\n").sort()).toEqual([
    "warning: CONTEXTCORE_FORMAT changes nothing",
    "warning: CONTEXTCORE_LOKI_ULR changes nothing: did you mean CONTEXTCORE_LOKI_URL?",
  ]);
});

test("config check sees what the environment hides, what may not run, and credentials in clear", async () => {
  const text = [
    "backends:",
    "  loki:",
    "    url: nowhere",
    "    token: file:/run/secrets/not-on-this-machine",
    "  grafana:",
    "    url: http://admin:hunter2@localhost:3000",
    "  tempo:",
    `    url: http://admin:\${PASSWORD}@localhost:3200`,
    "destroy:",
    "  command: [rm, -rf, /]",
    "",
  ].join("\n");
  const directory = temporaryDirectory({ "contextcore.yaml": text });
  const env = { CONTEXTCORE_LOKI_URL: "http://localhost:1", CONTEXTCORE_LOKI_TOKEN: "t0ken", PASSWORD: "pw" };
  const { stdout, stderr, exitCode } = await run(["config", "check"], { cwd: directory, env });
  expect(exitCode).toBe(2);
  const [hidden, forbidden, ...rest] = stdout.split("\n");
  expect(hidden).toBe(
    "contextcore.yaml:3: backends.loki.url: not an http:// or https:// URL (hidden by CONTEXTCORE_LOKI_URL for now)",
  );
  expect(forbidden).toStartWith("contextcore.yaml:10: destroy.command: the destroy command may not run (");
  expect(rest).toEqual([""]);
  expect(stderr).toBe(
    `warning: contextcore.yaml:6: backends.grafana.url holds credentials in clear; take them out, and set username and password: \${VARIABLE}\n`,
  );
  const looked = await run(["doctor", "--timeout", "1s"], { cwd: directory, env });
  expect(looked.stdout).toMatch(/problem +destroy +the destroy command may not run/);
});

test("--set can leave a backend out", async () => {
  const { stdout } = await run(["inventory", "--set", "backends.loki.enabled=false"], { cwd });
  expect(stdout).not.toContain("loki");
  expect(stdout).toContain("grafana");
});

test("a secret in the environment is never shown, wherever it was wrong", async () => {
  const env = {
    CONTEXTCORE_LOKI_TOKEN: "hunter2-token",
    GRAFANA_PASSWORD: "hunter2-password",
    GRAFANA_USER: "admin",
  };
  for (const args of [
    ["config", "show"],
    ["config", "show", "--json"],
    ["config", "check"],
    ["inventory", "--debug"],
  ]) {
    const { stdout, stderr } = await run(args, { cwd, env });
    expect(`${stdout}${stderr}`).not.toContain("hunter2");
  }
});
