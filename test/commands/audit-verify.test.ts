/** `audit verify` and the other readers look at the trail as it is found: they mend nothing and leave no trace. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTrail } from "../../src/audit/trail.ts";
import { type Finished, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventsIn } from "../support/printed.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

interface Project {
  readonly cwd: string;
  readonly trail: string;
  readonly copy: string;
  audit(...args: string[]): Promise<Finished>;
  lines(): string[];
  write(lines: readonly string[]): void;
}

const NO_BACKENDS = ["tempo", "mimir", "loki", "grafana"]
  .map((name) => `  ${name}: { enabled: false }\n`)
  .join("");

/** A project with six exports, two of them in a closed file. */
async function project(): Promise<Project> {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${NO_BACKENDS}` });
  const trail = join(cwd, ".contextcore/audit.jsonl");
  let now = Date.parse("2026-01-30T12:00:00Z");
  const writer = openTrail({
    file: trail,
    home: join(cwd, ".h", ".contextcore"),
    project: "shop",
    clock: () => now,
    onWarning: fail,
  });
  for (let number = 1; number <= 6; number += 1) {
    if (number === 3) now = Date.parse("2026-02-01T12:00:00Z");
    await writer.append({
      operation: "export",
      outcome: "success",
      dataAffected: ["tempo"],
      details: { number },
    });
  }
  await writer.close();
  return {
    cwd,
    trail,
    copy: join(cwd, ".h/.contextcore/audit.log"),
    audit: (...args) => run(["audit", ...args], { cwd, env: { HOME: join(cwd, ".h") } }),
    lines: () => readFileSync(trail, "utf8").split("\n").slice(0, -1),
    write: (lines) => writeFileSync(trail, `${lines.join("\n")}\n`),
  };
}

function fail(message: string): never {
  throw new Error(message);
}

/** Every file below a directory: what is in it and when it was last written to. */
function stateOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(directory, name);
      const stat = statSync(path, { bigint: true });
      const content = stat.isFile() ? Bun.SHA256.hash(readFileSync(path), "hex") : "directory";
      return [name, `${content} ${stat.mtimeNs}`];
    }),
  );
}

const closedFile = ({ cwd }: Project): string =>
  join(
    cwd,
    ".contextcore",
    readdirSync(join(cwd, ".contextcore")).find((name) => name.endsWith(".zst")) ?? "",
  );

/** What is done to a trail, the exit code, and what must be said. */
const DAMAGE: Readonly<Record<string, readonly [(found: Project) => void, number, readonly RegExp[]]>> = {
  "nothing at all": [() => undefined, 0, []],
  "a tail that was cut off": [
    (found) => found.write(found.lines().slice(0, 2)),
    5,
    [
      /wrong: home copy: the trail ends with event 4, but 3 more were recorded: its end was cut off/,
      /event 5 is gone; it was: 2026-02-01 12:00:00 {2}export .* number=4 {2}outcome=success/,
    ],
  ],
  "half of the last line": [
    (found) => writeFileSync(found.trail, readFileSync(found.trail).subarray(0, -100)),
    5,
    [/audit.jsonl: the last \d+ bytes are not a whole line/, /event 7 is gone; it was: .* number=6/],
  ],
  "a byte that was changed": [
    (found) =>
      writeFileSync(found.trail, readFileSync(found.trail, "utf8").replace('"number":4', '"number":9')),
    5,
    [
      /wrong: audit.jsonl:3: the line was changed: its hash does not match its content/,
      /event 5 is not what was recorded: details.number: 4 became 9/,
    ],
  ],
  "a byte of its hash": [
    (found) =>
      found.write(found.lines().map((line, at) => (at === 1 ? line.replace(/.("\})$/, "x$1") : line))),
    5,
    [/wrong: audit.jsonl:2: the line was changed/, /event 4 is not what was recorded: its hash is different/],
  ],
  "a byte that makes it unreadable": [
    (found) =>
      writeFileSync(found.trail, readFileSync(found.trail, "utf8").replace('"number":4', '"number";4')),
    5,
    [/wrong: audit.jsonl:3: the line was changed: it is not JSON/, /event 5 is gone; it was: .* number=4/],
  ],
  "a line that was removed": [
    (found) => found.write(found.lines().toSpliced(2, 1)),
    5,
    [/wrong: audit.jsonl:3: event 5 is missing before this line/, /event 5 is gone; it was: .* number=4/],
  ],
  "a file that was removed": [
    (found) => rmSync(found.trail),
    5,
    [/the trail ends with event 2, but 5 more were recorded/, /event 3 is gone; it was: .* trail_rotation/],
  ],
  "a closed file that was removed": [
    (found) => rmSync(closedFile(found)),
    5,
    [
      /event 1 is gone; it was: .* number=1/,
      /wrong: audit.jsonl:1: events 1 to 2 are missing before this line, and no event replaces them/,
    ],
  ],
  "a byte of a closed file that means nothing": [
    (found) => {
      const skippable = Buffer.from("502a4d1804000000deadbeef", "hex");
      writeFileSync(closedFile(found), Buffer.concat([readFileSync(closedFile(found)), skippable]));
    },
    5,
    [/it was changed after it was closed/],
  ],
  "a tail that was cut off the home copy": [
    ({ copy }) =>
      writeFileSync(copy, readFileSync(copy, "utf8").split("\n").slice(0, 5).join("\n").concat("\n")),
    5,
    [/wrong: home copy: event 7, which it received, is gone from it: the copy itself was cut off or changed/],
  ],
};

describe("the trail is looked at as it is found", () => {
  test.each(Object.keys(DAMAGE))("%s", async (name) => {
    const found = await project();
    const [damage, exitCode, said] = DAMAGE[name] ?? fail(name);
    damage(found);
    const before = stateOf(found.cwd);
    const verified = await found.audit("verify");
    expect(verified.exitCode, verified.stderr).toBe(exitCode);
    for (const words of said) expect(verified.stderr).toMatch(words);
    expect(verified.stdout).toContain(exitCode === 5 ? "not what was recorded" : "sound");
    const json = JSON.parse((await found.audit("verify", "--json")).stdout);
    expect(json.sound).toBe(exitCode !== 5);
    expect(stateOf(found.cwd)).toEqual(before);
    expect((await found.audit("verify")).stderr).toBe(verified.stderr); // it says so again
  });

  test("a trail of which nothing is left is missed, and none is made", async () => {
    const found = await project();
    rmSync(join(found.cwd, ".contextcore"), { recursive: true });
    const before = stateOf(found.cwd);
    const { exitCode, stderr } = await found.audit("verify");
    expect(exitCode).toBe(5);
    expect(stderr).toContain("all of it is gone");
    expect(stateOf(found.cwd)).toEqual(before);
  });
});

describe("an operation that was interrupted", () => {
  const interrupted = async (): Promise<Project> => {
    const found = await project();
    const operation = join(import.meta.dir, "../audit/operation.ts");
    const home = join(found.cwd, ".h/.contextcore");
    const victim = Bun.spawn([process.execPath, operation, found.trail, home, "restore"], { stdout: "pipe" });
    await victim.stdout.getReader().read();
    victim.kill("SIGKILL");
    await victim.exited;
    return found;
  };

  test("verify says what was left and which command goes on, and leaves it open", async () => {
    const found = await interrupted();
    const before = stateOf(found.cwd);
    const { exitCode, stderr } = await found.audit("verify");
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /warning: event \d+: restore began at .* and has no end: part of the snapshot .* Run the same `contextcore restore`/,
    );
    expect(stateOf(found.cwd)).toEqual(before);
  });

  const READINGS = ["list", "list --json", "show 1", "stats", "sinks", "verify --json"];
  test.each(READINGS)("audit %s writes nothing", async (words) => {
    const args = words.split(" ");
    const found = await interrupted();
    const before = stateOf(found.cwd);
    const { stderr } = await found.audit(...args);
    if (args[0] === "list")
      expect(stderr).toContain("was interrupted: part of the snapshot has been written");
    expect(stateOf(found.cwd)).toEqual(before);
  });

  test("the next command that is no reading closes it", async () => {
    const found = await interrupted();
    const { stderr } = await run(["inventory"], { cwd: found.cwd, env: { HOME: join(found.cwd, ".h") } });
    expect(stderr).toContain("was interrupted: part of the snapshot has been written");
    expect((await found.audit("verify")).exitCode).toBe(0);
    const [event] = eventsIn((await found.audit("--json", "-n", "1")).stdout);
    expect(event).toMatchObject({ operation: "restore", outcome: "interrupted" });
  });
});

test("following writes nothing, also to a trail whose end was cut off", async () => {
  const found = await project();
  found.write(found.lines().slice(0, 2));
  const before = stateOf(found.cwd);
  const ended = new AbortController();
  const following = run(["audit", "--follow", "-n", "1"], {
    cwd: found.cwd,
    env: { HOME: join(found.cwd, ".h") },
    signal: ended.signal,
  });
  await Bun.sleep(600); // it has looked twice
  ended.abort();
  await following;
  expect(stateOf(found.cwd)).toEqual(before);
});

test("a trail on a medium where nothing can be written verifies", async () => {
  const found = await project();
  const copy = temporaryDirectory();
  cpSync(found.cwd, copy, { recursive: true });
  rmSync(join(copy, ".contextcore/audit.lock"));
  expect((await run(["audit", "verify"], { cwd: copy, env: { HOME: join(copy, ".h") } })).exitCode).toBe(0);
  expect(existsSync(join(copy, ".contextcore/audit.lock"))).toBe(false);
});

test("doctor looks at the trail as it is found, too", async () => {
  const found = await project();
  found.write(found.lines().slice(0, 2));
  const before = stateOf(found.cwd);
  const { stdout } = await run(["doctor"], { cwd: found.cwd, env: { HOME: join(found.cwd, ".h") } });
  expect(stdout).toMatch(/problem +trail .*its end was cut off/);
  expect(stateOf(found.cwd)).toEqual(before);
});
