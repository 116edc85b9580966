/** `retention` of the configuration: which classes there are, what is of which, and what of it is refused. */
import { describe, expect, test } from "bun:test";
import type { Config } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/errors.ts";
import { loadConfig } from "../../src/config/load.ts";
import { classTimes, classTimesIn } from "../../src/retention/classes.ts";
import { formatDuration } from "../../src/units/duration.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const load = (text: string, env: Readonly<Record<string, string>> = {}): Promise<Config> =>
  loadConfig({ directory: temporaryDirectory({ "contextcore.yaml": text }), env });

async function problemsOf(text: string): Promise<string[]> {
  const error = await load(text).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError but ${String(error)}`);
  return error.problems.map(({ where, key, what }) => `${where}: ${key}: ${what}`);
}

const timesOf = (config: Config) =>
  Object.fromEntries([...classTimes(config)].map(([name, time]) => [name, formatDuration(time)]));

const FOUR = { critical: "2555d", important: "1095d", operational: "365d", transient: "30d" };

describe("classes", () => {
  test("are the four, with the times that the file gives them, and those that it adds", async () => {
    expect(timesOf(await load(""))).toEqual(FOUR);
    const own = await load("retention: { classes: { transient: 7d, legal: 10y, nothing: 0s } }");
    expect(timesOf(own)).toEqual({ ...FOUR, transient: "7d", legal: "3650d", nothing: "0s" });
    const said = await load("", { CONTEXTCORE_RETENTION_CLASSES: "{ transient: 2d }" });
    expect(timesOf(said)).toEqual({ ...FOUR, transient: "48h" });
  });

  test.each([
    ["{ transient: soon }", "classes.transient: not a duration (use 30s, 5m, 24h, 7d)"],
    ["{ transient: 200y }", "classes.transient: not between 0 and 100y"],
    [
      "{ My Class: 1d }",
      "classes: a class has a name of small letters, digits and dashes between them, at most 40",
    ],
    [
      "{ critical: 0s, important: 0s, operational: 0d, transient: 0s }",
      "classes: every class is kept for 0s, which would delete everything: give at least one a time",
    ],
  ])("%s is refused", async (classes, problem) => {
    expect(await problemsOf(`retention:\n  classes: ${classes}\n`)).toEqual([
      `contextcore.yaml:2: retention.${problem}`,
    ]);
  });

  test("a place whose class is set keeps everything as long as that, other places by the data's own", async () => {
    const config = await load(
      "stores: { usb: {}, far: {} }\nretention: { of: { places: { usb: operational } } }\n",
    );
    expect(new Set([...classTimesIn("usb", config).values()].map(formatDuration))).toEqual(new Set(["365d"]));
    expect(classTimesIn("far", config)).toEqual(classTimes(config));
  });
});

describe("what is of a class that is not defined is named with its line", () => {
  test("in `of`", async () => {
    const text =
      "stores: { usb: {} }\nretention:\n  classes: { brief: 1h }\n  of:\n    trail: critcal\n    activity: brief\n    places:\n      usb: other\n      ubs: critical\n";
    expect(await problemsOf(text)).toEqual([
      'contextcore.yaml:5: retention.of.trail: there is no class called "critcal"',
      "contextcore.yaml:6: retention.of.activity: brief is kept for less than a day",
      'contextcore.yaml:8: retention.of.places.usb: there is no class called "other"',
      'contextcore.yaml:9: retention.of.places.ubs: there is no store called "ubs"',
    ]);
  });

  test("as the class of a backend, which may be one of the file's own", async () => {
    const cwd = temporaryDirectory({
      "contextcore.yaml":
        "name: shop\nretention: { classes: { legal: 10y } }\nbackends:\n  loki:\n    class: legall\n  tempo:\n    class: legal\n",
    });
    const checked = await run(["config", "check"], { cwd });
    expect([checked.exitCode, checked.stdout]).toEqual([
      2,
      'contextcore.yaml:5: backends.loki.class: there is no class called "legall" (did you mean legal?)\n',
    ]);
  });
});

describe("the class of the trail and of the log of runs says how long they are kept", () => {
  const OF = "retention: { of: { trail: important, activity: operational } }\n";

  test("where no time is set, and names the place that says so", async () => {
    const config = await load(OF);
    expect([config.audit.retention, config.activity.retention]).toEqual([1095, 365]);
    expect(config.where?.(["audit", "retention"])).toBe("contextcore.yaml:1");
    expect(config.isWritten?.(["activity", "retention"])).toBe(true);
  });

  test("and a time that is set wins, also from the environment", async () => {
    const set = await load(`${OF}audit: { retention: 30d }\n`, { CONTEXTCORE_ACTIVITY_RETENTION: "5d" });
    expect([set.audit.retention, set.activity.retention]).toEqual([30, 5]);
    expect(set.where?.(["audit", "retention"])).toBe("contextcore.yaml:2");
  });
});
