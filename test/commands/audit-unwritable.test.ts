/**
 * A trail that cannot be written to, for real: on a read-only mount, on a full file system, without the right to. Tests run
 * as root see no missing rights, so the program runs as somebody else; mounts are made in a name space of its own.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openTrail } from "../../src/audit/trail.ts";
import { binary, cleanEnv, type Finished } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

const IS_ROOT = process.getuid?.() === 0;
const SOMEBODY = 65_534;
const AS_SOMEBODY = ["setpriv", `--reuid=${SOMEBODY}`, `--regid=${SOMEBODY}`, "--clear-groups"];
const OWN_MOUNTS = ["unshare", ...(IS_ROOT ? [] : ["--user", "--map-root-user"]), "--mount"];

interface Place {
  readonly cwd: string;
  /** The trail's directory and the home's. */
  readonly trail: string;
  readonly home: string;
}

/** What a file system gives a file at once: where less is left in the last one, an event does not fit. bytes */
const PAGE = 4_096;

/** A project with two events, which everybody may write into, but for its trail and its home. */
async function project(): Promise<Place> {
  const backends = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`);
  const config = `name: shop\nbackends:\n${backends.join("")}`;
  const cwd = temporaryDirectory({ "contextcore.yaml": config });
  const [trail, home] = [join(cwd, ".contextcore"), join(cwd, "home/.contextcore")];
  const file = join(trail, "audit.jsonl");
  const writer = openTrail({ file, home, project: "shop", onWarning: console.error });
  await writer.append({ operation: "export", outcome: "success" });
  const slack = PAGE - (statSync(file).size % PAGE) - 600; // an event takes some five hundred bytes
  await writer.append({
    operation: "export",
    outcome: "success",
    details: { pad: "x".repeat((slack + PAGE) % PAGE) },
  });
  await writer.close();
  chmodSync(cwd, 0o777);
  giveTo(SOMEBODY, trail, join(cwd, "home"));
  return { cwd, trail, home };
}

/** Runs the program behind other words. */
async function runBehind(
  words: readonly string[],
  { cwd }: Place,
  args: readonly string[],
): Promise<Finished> {
  const env = { ...cleanEnv(join(cwd, "home")), CONTEXTCORE_DESTROY_COMMAND: "touch,destroyed" };
  const child = Bun.spawn([...words, binary, ...args], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { stdout, stderr, exitCode: await child.exited };
}

/** Only root can, and only then it matters. */
function giveTo(id: number, ...directories: readonly string[]): void {
  if (!IS_ROOT) return;
  for (const directory of directories) {
    const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
    for (const path of [directory, ...names.map((name) => join(directory, name))]) chownSync(path, id, id);
  }
}

/** What is done first, and what the program then runs behind. */
type Obstacle = (directory: string) => readonly string[];

const mounted = (script: string, directory: string): readonly string[] => [
  ...OWN_MOUNTS,
  "sh",
  "-ec",
  `${script}; shift; exec "$@"`,
  "sh",
  directory,
];

const OBSTACLES: Readonly<
  Record<string, { readonly make: Obstacle; readonly says: RegExp; readonly hint: RegExp }>
> = {
  "a read-only mount": {
    make: (directory) => mounted('mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"', directory),
    says: /read-only|EROFS/i,
    hint: /mounted read-only/,
  },
  "a full file system": {
    make: (directory) =>
      mounted(
        `cp -a "$1" "$1.copy"; mount -t tmpfs -o size=64k none "$1"; cp -a "$1.copy/." "$1"; cat /dev/zero > "$1/filler" 2>/dev/null || true`,
        directory,
      ),
    says: /ENOSPC|no space left|disk is full/i,
    hint: /free some space/i,
  },
  "no right to write": {
    make(directory) {
      giveTo(0, directory);
      for (const name of [".", ...readdirSync(directory)]) chmodSync(join(directory, name), 0o555);
      return IS_ROOT ? AS_SOMEBODY : [];
    },
    says: /permission denied|readonly|EACCES/i,
    hint: /write permission/,
  },
};

describe.each(Object.keys(OBSTACLES))("%s", (name) => {
  const obstacle = OBSTACLES[name];
  if (obstacle === undefined) throw new Error(name);

  test.each(["trail", "home"] as const)(
    "of the %s: a destructive command is refused before it begins",
    async (what) => {
      const place = await project();
      const before = readFileSync(join(place.trail, "audit.jsonl"));
      const words = obstacle.make(place[what]);
      const { exitCode, stderr } = await runBehind(words, place, [
        "destroy",
        "--option",
        "3",
        "--confirm",
        "shop",
      ]);
      expect(stderr).toMatch(obstacle.says);
      expect(stderr).toMatch(obstacle.hint);
      expect(stderr).toContain(place[what]);
      expect(exitCode).toBe(4);
      expect(existsSync(join(place.cwd, "destroyed"))).toBe(false);
      const after = readFileSync(join(place.trail, "audit.jsonl"));
      expect(after.subarray(0, before.length).equals(before)).toBe(true);
      expect(after.at(-1)).toBe(0x0a); // no half of a line
    },
  );

  test.each(["trail", "home"] as const)("of the %s: another command warns and goes on", async (what) => {
    const place = await project();
    const words = obstacle.make(place[what]);
    const { exitCode, stdout, stderr } = await runBehind(words, place, ["audit", "export", "--all"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"operation":"export"');
    expect(stderr).toMatch(
      /warning: the beginning of this audit_export (could not be recorded|is recorded, but not in)/,
    );
    expect(stderr).toMatch(obstacle.says);
  });

  test("of the trail: it is read and proved all the same", async () => {
    const place = await project();
    const words = obstacle.make(place.trail);
    const verified = await runBehind(words, place, ["audit", "verify"]);
    expect([verified.stderr, verified.exitCode]).toEqual(["", 0]);
    expect((await runBehind(words, place, ["audit", "show", "1"])).exitCode).toBe(0);
  });
});

test("without an obstacle the same command runs, behind the same words", async () => {
  const place = await project();
  mkdirSync(join(place.cwd, "aside"));
  writeFileSync(join(place.cwd, "aside/file"), "");
  const make = OBSTACLES["a read-only mount"]?.make ?? (() => []);
  const words = make(join(place.cwd, "aside"));
  const { exitCode } = await runBehind(words, place, ["destroy", "--option", "3", "--confirm", "shop"]);
  expect(exitCode).toBe(0);
  expect(existsSync(join(place.cwd, "destroyed"))).toBe(true);
});
