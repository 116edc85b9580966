/** The same schedules for cron and systemd, held against programs that are not ours. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readCron } from "../../../src/service/schedule/fields.ts";
import {
  calendarsOf,
  crontabText,
  type ExportedSchedule,
  timerFiles,
} from "../../../src/service/schedule/outside.ts";
import { timingOf } from "../../../src/service/schedule/timing.ts";
import { debianProgram } from "../../support/debian.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { canMount, withOwn } from "../../support/own-mounts.ts";

setDefaultTimeout(60_000);

const SYSTEMD = Bun.which("systemd-analyze");

const schedule = (more: Partial<ExportedSchedule> = {}): ExportedSchedule => ({
  name: "nightly",
  task: "export",
  cron: "15 2 * * *",
  zone: "Europe/Berlin",
  catchUp: true,
  jitterMs: 600_000,
  offsetMs: 423_000,
  ...more,
});

const SCHEDULES = [
  schedule(),
  schedule({ name: "weekly", cron: "@weekly", zone: undefined, catchUp: false, jitterMs: 0, offsetMs: 0 }),
  schedule({ name: "thirteenth", cron: "*/15 1-5 13 * FRI" }),
];

const program = (directory: string, more = {}) => ({
  path: "/bin/true",
  directory,
  configFile: undefined,
  stack: "shop",
  ...more,
});

/** A directory whose name is all that shells, crons and units trip over. */
const NASTY = `it's 100% a $HOME "q"; \\ é`;

test("lines of a crontab", () => {
  expect(
    crontabText(SCHEDULES.slice(0, 2), program("/srv/shop")),
  ).toBe(`# Schedules of shop, from contextcore schedules export
# weekly: export
0 0 * * 0 cd /srv/shop && /bin/true schedules run weekly --retry

CRON_TZ=Europe/Berlin
# nightly: export
15 2 * * * cd /srv/shop && sleep 423 && /bin/true schedules run nightly --retry
`);
  expect(() => crontabText(SCHEDULES, program("/srv/a\nb"))).toThrow("line break");
});

const CARRIED = { settings: { name: "it's 5%" }, variables: { CONTEXTCORE_HOME: `/srv/${NASTY}`, TZ: "$A" } };

test("settings and variables go along, and arrive as they are, by the shell of cron and by systemd", () => {
  const directory = join(temporaryDirectory({ [`${NASTY}/x`]: "" }), NASTY);
  const said = `printf '%s\\n' "$@" "$CONTEXTCORE_HOME" "$TZ" > said`;
  const words = program(directory, { path: "/bin/sh", carried: CARRIED });
  const asShell = (text: string) =>
    text.replace("/bin/sh --set", `/bin/sh -c '${said.replaceAll("'", "'\\''")}' sh --set`);
  const expected = [
    "--set",
    "name=it's 5%",
    "schedules",
    "run",
    "nightly",
    "--retry",
    `/srv/${NASTY}`,
    "$A",
    "",
  ];
  const line = crontabText([schedule({ zone: undefined, offsetMs: 0 })], words).split("\n")[2] ?? "";
  const command = line.split(" ").slice(5).join(" ").replaceAll("\\%", "%");
  Bun.spawnSync(["sh", "-c", asShell(command)]);
  expect(readFileSync(join(directory, "said"), "utf8").split("\n")).toEqual(expected);
  const unit = [...timerFiles([schedule()], words)].find(([name]) => name.endsWith(".service"))?.[1] ?? "";
  expect(unit).toContain(
    `Environment="CONTEXTCORE_HOME=/srv/it's 100%% a $HOME \\"q\\"; \\\\ é"\nEnvironment="TZ=$A"\n`,
  );
  expect(unit).toContain(`ExecStart=/bin/sh --set "name=it's 5%%" schedules run`);
});

test.skipIf(!canMount)("cron takes them, and would refuse one that is wrong", () => {
  const crontab = debianProgram({ package: "cron", program: "crontab" });
  const check = (text: string) => {
    const directory = temporaryDirectory({ tab: text });
    const words = withOwn("/var/spool", "mkdir -p /var/spool/cron/crontabs", [crontab, "-n", "tab"]);
    return Bun.spawnSync(words, { cwd: directory }).exitCode;
  };
  expect(
    check(
      crontabText(
        SCHEDULES,
        program(`/srv/${NASTY}`, { configFile: `/srv/${NASTY}/other.yaml`, carried: CARRIED }),
      ),
    ),
  ).toBe(0);
  expect(check("61 * * * * true\n")).not.toBe(0);
});

test("the shell that cron starts does what the line says", () => {
  const directory = join(temporaryDirectory({ [`${NASTY}/x`]: "" }), NASTY);
  const words = program(directory, { path: "echo", configFile: join(directory, "other.yaml") });
  const line = crontabText([schedule({ zone: undefined, offsetMs: 0 })], words).split("\n")[2] ?? "";
  const command = line.split(" ").slice(5).join(" ").replaceAll("\\%", "%");
  const { stdout } = Bun.spawnSync(["sh", "-c", command]);
  expect(stdout.toString()).toBe(`--config ${directory}/other.yaml schedules run nightly --retry\n`);
});

test.skipIf(SYSTEMD === null)("systemd takes the units, wherever the project lies", () => {
  const directory = join(temporaryDirectory({ [`${NASTY}/x`]: "" }), NASTY);
  const units = temporaryDirectory();
  const files = timerFiles(
    SCHEDULES,
    program(directory, { configFile: join(directory, "other.yaml"), stack: "Shop 1%", carried: CARRIED }),
  );
  expect([...files.keys()].slice(0, 2)).toEqual([
    "contextcore-shop-1-nightly.service",
    "contextcore-shop-1-nightly.timer",
  ]);
  for (const [name, text] of files) writeFileSync(join(units, name), text);
  const paths = [...files.keys()].map((name) => join(units, name));
  const { exitCode, stderr } = Bun.spawnSync(["systemd-analyze", "verify", "--man=no", ...paths]);
  expect({ exitCode, said: stderr.toString() }).toEqual({ exitCode: 0, said: "" });
  expect(files.get("contextcore-shop-1-nightly.timer")).toContain(
    "RandomizedDelaySec=10m\nFixedRandomDelay=true\n",
  );
  expect(files.get("contextcore-shop-1-thirteenth.timer")).toContain("OnCalendar=*-*-13 01,");
});

/** The next times by systemd. */
function bySystemd(calendars: readonly string[], fromMs: number, count: number): number[] {
  const base = new Date(fromMs).toISOString().slice(0, 19).replace("T", " ");
  const times = calendars.flatMap((calendar) => {
    const { stdout } = Bun.spawnSync(
      ["systemd-analyze", "calendar", `--iterations=${count}`, `--base-time=${base} UTC`, calendar],
      { env: { ...process.env, TZ: "UTC", LC_ALL: "C" } },
    );
    return [
      ...stdout.toString().matchAll(/(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w+ (\S+ \S+) UTC/g),
    ].map(([, time]) => Date.parse(`${time?.replace(" ", "T")}Z`));
  });
  return [...new Set(times)].sort((a, b) => a - b).slice(0, count);
}

const field = (from: number, to: number, names: readonly string[] = []) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant("*") },
    fc.integer({ min: 1, max: 20 }).map((step) => `*/${step}`),
    fc
      .uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 4 })
      .map((all) => all.join(",")),
    fc
      .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    ...(names.length === 0 ? [] : [fc.constantFrom(...names)]),
  );

const CRONS = fc
  .tuple(
    field(0, 59),
    field(0, 23),
    field(1, 28),
    field(1, 12, ["JAN", "jul"]),
    field(0, 6, ["MON", "sun", "1-5"]),
  )
  .filter(
    ([, , dates, , days]) =>
      dates === "*" || days === "*" || !(dates.startsWith("*") || days.startsWith("*")),
  )
  .map((fields) => fields.join(" "));

test.skipIf(SYSTEMD === null)("whatever a cron says, systemd's timers elapse when we run it", () => {
  fc.assert(
    fc.property(CRONS, fc.integer({ min: 0, max: 4 * 365 * 1_440 }), (cron, minutes) => {
      const fromMs = Date.parse("2026-01-01T00:00:30Z") + minutes * 60_000;
      const timing = timingOf(cron, "UTC");
      const ours: number[] = [];
      for (let at: number | undefined = fromMs; ours.length < 5; ) {
        at = timing.next(at ?? fromMs);
        if (at === undefined) break;
        ours.push(at);
      }
      expect({ cron, times: bySystemd(calendarsOf(readCron(cron), undefined), fromMs, 5) }).toEqual({
        cron,
        times: ours,
      });
    }),
    { numRuns: 60 },
  );
});
