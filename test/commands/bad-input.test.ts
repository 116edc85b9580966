/** Wrong arguments, wrong configuration, wrong places: a clear message, the right exit code, and nothing runs. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed, labProject } from "../support/project.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const lab = await startLab();
afterAll(() => lab.stop());

const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

/** The words, and everything that is said to them. The exit code is 2, and stdout stays empty. */
const WORDS: readonly (readonly [string, string])[] = [
  ["exprot", "error: unknown command exprot\nhint: did you mean contextcore export?"],
  ["zebra", "error: unknown command zebra\nhint: contextcore --help lists the commands"],
  ["backup", "error: unknown command backup\nhint: did you mean contextcore export?"],
  ["snapshots forget", "error: unknown command forget\nhint: did you mean contextcore snapshots prune?"],
  ["ls", "error: unknown command ls\nhint: did you mean contextcore snapshots list?"],
  ["--frobnicate", "error: unknown flag --frobnicate\nhint: contextcore --help lists the commands"],
  ["config chekc", "error: unknown command chekc\nhint: did you mean contextcore config check?"],
  ["inventory --jsno", "error: unknown flag --jsno\nhint: did you mean --json?"],
  ["inventory -x", "error: unknown flag -x"],
  ["inventory --no-json", "error: unknown flag --no-json"],
  ["inventory --json --json", "error: --json is given more than once"],
  ["inventory --json=yes", "error: --json takes no value"],
  ["inventory loki", 'error: unexpected argument "loki"'],
  ["export -t", "error: -t needs a value: -t DURATION"],
  ["export -t=", 'error: --time: not a duration: "=" (use 30m, 24h, 7d, 1h30m)'],
  ["export --time=", "error: --time needs a value: --time DURATION"],
  [
    "export -o --json",
    "error: -o needs a value, and --json looks like a flag\nhint: if it is the value, write --output=--json",
  ],
  ["export -t 5_parsecs", 'error: --time: not a duration: "5 parsecs" (use 30m, 24h, 7d, 1h30m)'],
  ["export -t 0", "error: --time 0 exports nothing\nhint: for example -t 24h"],
  ["export -t 1h -t 2h", "error: --time is given more than once"],
  ["export -t 1h --time 2h", "error: --time is given more than once"],
  [
    "export -t 1h --from 2026-01-01",
    "error: --time and --from contradict each other\nhint: give one of them",
  ],
  ["export --all -t 1h", "error: --all and --time contradict each other\nhint: give one of them"],
  [
    "export --resume --no-logs",
    "error: --resume and --no-logs contradict each other\nhint: give one of them",
  ],
  [
    "export --from tomorrow",
    'error: --from: not a time: "tomorrow" (use 2026-01-24, 2026-01-24T14:30:00Z, 24h for that long ago, now, today, yesterday)',
  ],
  ["export --from 2026-02-30", 'error: --from: not a date or an RFC 3339 time: "2026-02-30"'],
  [
    "export --from 2026-01-02 --to 2026-01-01",
    "error: --from 2026-01-02T00:00:00Z is not before --to 2026-01-01T00:00:00Z",
  ],
  ["export --no-logs --no-logs", "error: --no-logs is given more than once"],
  [
    "export --no-traces --no-metrics --no-logs --no-dashboards",
    "error: nothing is left to export\nhint: drop one of the --no-… flags",
  ],
  ["export --plugin lokki", "error: --plugin lokki: there is no such backend\nhint: did you mean loki?"],
  [
    "export --match {}",
    "error: --match {}: which backend is it for?\nhint: --match NAME=SELECTOR with one of tempo, mimir, loki, grafana, or choose one backend with --plugin",
  ],
  ["export --match loki={a} --match loki={b}", "error: --match is given more than once for loki"],
  [
    "export somewhere",
    "error: unexpected argument somewhere\nhint: with --resume it names an interrupted export",
  ],
  ["export --compress gzip", 'error: --compress is one of zstd, not "gzip"'],
  ["export --max-file-size huge", 'error: --max-file-size: not a size: "huge" (use 500MB, 2GiB)'],
  [
    "export --max-file-size 0",
    "error: --max-file-size: 0 B is too small; the minimum is 1.0 MB\nhint: use a unit, as in --max-file-size 500MB or 2GiB; a number alone means bytes",
  ],
  ["export --max-file-size=-1", 'error: --max-file-size: not a size: "-1" (use 500MB, 2GiB)'],
  ["audit sinks deliver -t 0", "error: --time: 0 is too short for an answer\nhint: for example 30s"],
  ["inventory --timeout 0", "error: --timeout: 0 is too short for an answer\nhint: for example 30s"],
  ["inventory --timeout=-5s", 'error: --timeout: not a duration: "-5s" (use 30m, 24h, 7d, 1h30m)'],
  ["inventory --timeout 25d", "error: --timeout: 25d is longer than 24h\nhint: for example 30s"],
  ["doctor --timeout 0.4ms", "error: --timeout: 0.4ms is too short for an answer\nhint: for example 30s"],
  [
    "inventory --set backends.loki.timeout=0s",
    "error: --set: backends.loki.timeout: not between 1ms and 24h",
  ],
  ["inventory --set backends.loki.window=0s", "error: --set: backends.loki.window: not at least 1s"],
  ["inventory --set export.recount=5", "error: --set: export.recount: not a duration (use 30s, 5m, 24h, 7d)"],
  ["inventory --set export.concurrency=0", "error: --set: export.concurrency: expected >=1, found 0"],
  ["destroy --option 4", 'error: --option is one of 1, 2, 3, not "4"'],
  ["audit lsit", "error: unknown command lsit\nhint: did you mean contextcore audit list?"],
  ["audit sinks tset", "error: unknown command tset\nhint: did you mean contextcore audit sinks test?"],
  ["snapshots lst", "error: unknown command lst\nhint: did you mean contextcore snapshots list?"],
  [
    "dashboards nothing",
    "error: unknown command nothing\nhint: contextcore dashboards --help lists the commands",
  ],
  ["audit -n 0", 'error: --limit: not a number above zero: "0"'],
  [
    "audit --operation destory",
    "error: --operation: contextcore records no operation destory\nhint: did you mean destroy? If another program records it under that name: --grep destory",
  ],
  ["audit -n 99999999999", "error: --limit: 99999999999 is too large; the maximum is 999,999,999"],
  ["audit prune --days 99999999999", "error: --days: 99999999999 is too large; the maximum is 999,999,999"],
  [
    "snapshots prune --keep-last 99999999999",
    "error: --keep-last: 99999999999 is too large; the maximum is 999,999,999",
  ],
  ["export --max-file-size 99999999TB", 'error: --max-file-size: too large: "99999999TB"'],
  ["plugin check x --limit 99999d", "error: --limit: 99999d is longer than 24h\nhint: for example 30s"],
  ["audit -n many", 'error: --limit: not a number above zero: "many"'],
  [
    "inventory --set backends.lok.url=http://localhost:3100",
    "error: --set: backends.lok: there is no plugin called lok\nhint: Did you mean loki?",
  ],
  [
    "inventory --set sinks.webhok.url=http://localhost",
    "error: --set: sinks.webhok: there is no plugin called webhok\nhint: Did you mean webhook?",
  ],
  ["inventory --set backend.loki.url=x", "error: --set: backend: unknown key\nhint: did you mean backends?"],
  [
    "inventory --set backends.loki=x",
    "error: --set: backends.loki: names no option of a plugin\nhint: for example --set backends.loki.url=http://localhost:3100",
  ],
  [
    "restore x --yes --set plugins.acme/notes.url=http://127.0.0.1:1",
    "error: --set: plugins.acme/notes.url: plugins is one value (list of text) and has no keys\nhint: for a plugin's option: backends.acme/notes.url",
  ],
  [
    "config show --set destroy.command.nosuch=1",
    "error: --set: destroy.command.nosuch: destroy.command is one value (list of text) and has no keys\nhint: the whole value: --set destroy.command=VALUE",
  ],
  [
    "inventory --set acme/no.tes.url=x",
    "error: --set: acme/no: unknown key\nhint: for a plugin's option: backends.acme/no.tes.url",
  ],
  [
    "inventory --set backends..url=x",
    "error: --set: backends..url: names no option of a plugin\nhint: for example --set backends.loki.url=http://localhost:3100",
  ],
  [
    "inventory --set sinks.tempo.url=http://localhost",
    "error: --set: sinks.tempo.url: tempo is not a sink\nhint: did you mean backends.tempo.url?",
  ],
  [
    "inventory --set backends.file.path=/tmp/x",
    "error: --set: backends.file.path: file is not a backend\nhint: did you mean sinks.file.path?",
  ],
  [
    "inventory --set sinks.webhook.url=http://localhost",
    "error: --set: sinks.webhook.url: the sink webhook is not configured\nhint: --set sinks.webhook.enabled=true opens it for this run",
  ],
  ["inventory --set loki", 'error: --set: not KEY=VALUE: "loki"'],
  [
    "inventory --config gone.yaml",
    "error: DIR/gone.yaml: cannot be read: there is no such file or directory\nhint: contextcore config init writes one",
  ],
];

const cwd = labProject(lab);

test.each(WORDS)("%s", async (words, said) => {
  const args = words.split(" ").map((word) => word.replaceAll("_", " "));
  const { stdout, stderr, exitCode } = await run(args, { cwd });
  const shown = stderr.replaceAll(cwd, "DIR");
  const printed = args.includes("--json")
    ? expect.stringMatching(/^\{"schema":\{"name":"error","version":1\},"error":\{.*\}\n$/)
    : "";
  expect({ stdout, exitCode, stderr: shown }).toEqual({ stdout: printed, exitCode: 2, stderr: `${said}\n` });
});

test("what other tools call a command leads to one that there is", async () => {
  for (const word of [
    "apply",
    "backup",
    "check",
    "diff",
    "down",
    "forget",
    "get",
    "init",
    "log",
    "show",
    "status",
  ]) {
    const { stderr } = await run([word], { cwd });
    const [, line = ""] = /did you mean contextcore (.+)\?/.exec(stderr) ?? [];
    expect([word, line]).toEqual([word, expect.stringMatching(/./)]);
    expect((await run([...line.split(" "), "--help"], { cwd })).exitCode).toBe(0);
  }
});

test("a range in the future is refused before any server is asked", async () => {
  const faults = Object.values(lab.faults);
  for (const fault of faults) fault.add({ kind: "latency", ms: 0 });
  const past = ["--to", `${tomorrow}T01:00:00Z`];
  for (const more of [[], past, ["--dry-run"]]) {
    const { stderr, exitCode } = await run(["export", "--from", tomorrow, ...more], { cwd });
    expect(stderr).toStartWith(`error: --from ${tomorrow}T00:00:00Z is in the future\nhint: it is `);
    expect(exitCode).toBe(2);
  }
  expect(faults.map(({ struck }) => struck)).toEqual(faults.map(() => 0));
  for (const fault of faults) fault.clear();
});

test.each([
  ["tempo", "{ resource.service.name = }", "tempo"],
  ["mimir", '{job="x"', "mimir"],
  ["loki", '{app="shop"} |= "x"', "not a Loki stream selector"],
  ["grafana", "colour=red", 'there is no condition "colour"'],
])("a selector that %s does not understand is told before anything is made", async (plugin, match, said) => {
  const { stderr, exitCode } = await run(["export", "--plugin", plugin, "--match", match], { cwd });
  expect(stderr).toContain(`error: --match ${plugin}=${match}: `);
  expect(stderr).toContain(said);
  expect(exitCode).toBe(2);
});

test("none of all this has made a snapshot or an audit event", () => {
  expect(readdirSync(cwd)).toEqual(["contextcore.yaml"]);
});

test.each([
  ["a file", "taken.txt", "a file of that name is in the way"],
  ["inside a file", "taken.txt/deep", "a part of that path is a file"],
  [
    "a place that cannot be written",
    "/proc/contextcore",
    "cannot write /proc/contextcore: the system allows nothing to be created there\nhint: Choose another",
  ],
])("an output directory that is %s", async (_name, output, said) => {
  await Bun.write(join(cwd, "taken.txt"), "kept");
  const { stdout, stderr, exitCode } = await run(["export", "--plugin", "loki", "-o", output], { cwd });
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
  expect(stderr).toContain(said);
  expect(await Bun.file(join(cwd, "taken.txt")).text()).toBe("kept");
});

test.each([
  [["audit", "export", "-o", "/proc/contextcore/x.json"], "x.json cannot be opened"],
  [["config", "init", "--config", "/proc/contextcore/x.yaml"], "x.yaml cannot be opened"],
  [["dashboards", "export", "/proc/contextcore"], "cannot be made"],
  [["restore", "latest", "--plugin", "grafana", "--yes"], "/restores cannot be made: it exists already"],
])("%p: an output that cannot be made is told in a sentence", async (args, said) => {
  const directory = labProject(lab, { only: ["grafana"] });
  if (args[0] === "restore") {
    await run(["export"], { cwd: directory });
    await Bun.write(join(directory, "backups", "restores"), "a file");
  }
  const { stderr, exitCode } = await run(args, { cwd: directory });
  expect(stderr).toContain(said);
  expect(stderr).toMatch(/^hint: .*name another place/m);
  expect(stderr).not.toMatch(/\bE(NOENT|EXIST|ACCES|NOTDIR)\b/);
  expect(exitCode).toBe(1);
});

test("what the system refuses is said in words, whatever was to be read or made", async () => {
  const home = temporaryDirectory();
  symlinkSync(join(home, "contextcore.yaml"), join(home, "contextcore.yaml"));
  const looping = await run(["inventory"], { cwd: home });
  expect(looping.stderr).toContain(
    "contextcore.yaml: cannot be read: symbolic links on that path form a loop",
  );
  const made = await run(["plugin", "new", "acme/x"], { cwd: "/proc" });
  expect(made.stderr).toContain("cannot make ./x: the system allows nothing to be created there");
  for (const { stderr } of [looping, made]) expect(stderr).not.toMatch(/\bE(NOENT|LOOP)\b/);
});

test("the doctor does not call a place without any room good", async () => {
  const directory = agreed(labProject(lab, { only: ["grafana"], more: "backups: /proc/contextcore\n" }));
  const { stdout, exitCode } = await run(["doctor"], { cwd: directory });
  expect(stdout).toMatch(/warning +disk +\/proc\/contextcore: 0 B free/);
  expect(exitCode).toBe(3);
});

test("nothing to resume is said, with the place", async () => {
  const directory = labProject(lab);
  const { stderr, exitCode } = await run(["export", "--resume"], { cwd: directory });
  expect(stderr).toBe(`error: there is no interrupted export in ${join(directory, "backups")}\n`);
  expect(exitCode).toBe(2);
  expect(existsSync(join(directory, "backups"))).toBe(false);
});
