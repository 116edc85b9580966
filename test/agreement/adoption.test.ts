/** A project that was in use before anything was asked goes on; nothing else passes for one. */
import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";
import { type Clone, placeOf, startListener, withLoki, write } from "./clone.ts";

setDefaultTimeout(60_000); // cores are shared with other test files

const { url } = startListener();
const TOLD = "This project was already in use, so it counts as agreed to as it is:";

/** What the home knows of a trail, as the version before wrote it. */
function asBefore({ home }: Clone): void {
  const folder = join(home, ".contextcore/trails");
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".json"))) {
    const { asks, ...head } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    expect(asks).toBe(true);
    writeFileSync(join(folder, name), `${JSON.stringify(head).padEnd(1023)}\n`);
  }
  expect(existsSync(join(home, ".contextcore/agreements.json"))).toBe(false);
}

/** A project with a trail of two events, and then a server that is not on this machine. */
async function used(directory = temporaryDirectory()): Promise<Clone> {
  const place = placeOf(directory, temporaryDirectory());
  write(place, "contextcore.yaml", withLoki("    tenant: a\n"));
  for (const _ of [1, 2]) expect((await place.run(["audit", "export"])).exitCode).toBe(0);
  write(place, "contextcore.yaml", withLoki(`    url: ${url}\n`));
  return place;
}

let place: Clone;
beforeEach(async () => {
  place = await used();
});

const trail = ({ directory }: Clone): string => join(directory, ".contextcore/audit.jsonl");

test("it is taken over at its first command, which is told, and once", async () => {
  asBefore(place);
  const first = await place.run(["inventory"]);
  expect(first.exitCode).toBe(3);
  expect(first.stderr).toContain(TOLD);
  expect(first.stderr).toContain(`sends to      ${url}`);
  const second = await place.run(["inventory"]);
  expect(second.exitCode).toBe(3);
  expect(second.stderr).not.toContain(TOLD);
  write(place, "contextcore.yaml", withLoki(`    url: ${url}/other\n`));
  expect((await place.run(["inventory"])).exitCode).toBe(4);
});

test("what was taken back is not taken over again", async () => {
  asBefore(place);
  expect((await place.run(["config", "trust", "--remove"])).exitCode).toBe(0);
  const { stderr, exitCode } = await place.run(["inventory"]);
  expect(exitCode).toBe(4);
  expect(stderr).not.toContain(TOLD);
});

test("an event by a version that asks ends it: what came later is asked about", async () => {
  const { stderr, exitCode } = await place.run(["inventory"]);
  expect(exitCode).toBe(4);
  expect(stderr).not.toContain(TOLD);
});

test.each(["audit keygen", "plugin add ./p.ts --yes"])(
  "%s as the first command does not end it",
  async (words) => {
    asBefore(place);
    const plugin =
      'import { definePlugin, v } from "contextcore"; export default definePlugin({ name: "a/b", about: "x", options: v.object({}), sink: () => ({ probe: async () => {}, deliver: async () => {} }) });';
    write(place, "p.ts", plugin);
    expect((await place.run(words.split(" "))).exitCode).toBe(0);
    expect((await place.run(["inventory"])).exitCode).toBe(3);
  },
);

test("a directory at the same path with the very same trail is another project", async () => {
  asBefore(place);
  const aside = join(temporaryDirectory(), "p");
  renameSync(place.directory, aside);
  cpSync(aside, place.directory, { recursive: true, preserveTimestamps: true });
  expect((await place.run(["inventory"])).exitCode).toBe(4);
});

test("the same trail in another directory is another project", async () => {
  asBefore(place);
  const other = placeOf(temporaryDirectory(), place.home);
  cpSync(place.directory, other.directory, { recursive: true });
  expect((await other.run(["inventory"])).exitCode).toBe(4);
});

test.each<[string, () => void]>([
  [
    "a trail that is a link to a known one",
    () => {
      const aside = join(place.home, "audit.jsonl");
      renameSync(trail(place), aside);
      symlinkSync(aside, trail(place));
    },
  ],
  [
    "a known file that holds other events",
    () =>
      writeFileSync(trail(place), readFileSync(trail(place), "utf8").replaceAll(/"hash":"./g, '"hash":"z')),
  ],
  ["a trail that was emptied", () => truncateSync(trail(place))],
  [
    "a trail whose events the home copy does not have",
    () => truncateSync(join(place.home, ".contextcore/audit.log")),
  ],
  ["no trail at all", () => rmSync(trail(place))],
])("%s is not taken over", async (_, change) => {
  asBefore(place);
  change();
  const { stderr, exitCode } = await place.run(["inventory"]);
  expect(exitCode).toBe(4);
  expect(stderr).not.toContain(TOLD);
});

test("a home that lies in the project, and may have come with it, takes nothing over", async () => {
  asBefore(place);
  const home = join(place.directory, "home");
  mkdirSync(home);
  cpSync(join(place.home, ".contextcore"), join(home, ".contextcore"), { recursive: true });
  const { exitCode } = await placeOf(place.directory, home).run(["inventory"]);
  expect(exitCode).toBe(4);
});

test("a nightly export of a known project goes on, without a terminal", async () => {
  asBefore(place);
  const { stderr, exitCode } = await place.run(["export", "--since-last"]);
  expect(stderr).toContain(TOLD);
  expect(exitCode).not.toBe(4);
});
