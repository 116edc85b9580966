/** A dozen of the attacks on copies, as a user meets them: found, told, counted for nothing, and nothing goes because of them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ATTACKS, type Objects } from "../copies/hostile.ts";
import { random as randomFrom } from "../lab/random.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { command, json, project } from "./copied.ts";

setDefaultTimeout(180_000);

const objectsIn = (directory: string): Objects =>
  new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(directory.length + 1), readFileSync(path)]),
  );

function write(directory: string, objects: Objects): void {
  rmSync(directory, { recursive: true });
  for (const [name, bytes] of objects) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), bytes);
  }
}

const CHOSEN = [
  "a bit of any object",
  "a bit of copy.json",
  "a bit of the manifest",
  "an object removed",
  "an object added",
  "cut short",
  "two objects exchanged",
  "the whole of another snapshot's copy",
  "the copy.json of another snapshot",
  "signed anew by another project",
  "copy.json with a name that leads out",
  "copy.json that is no JSON",
];

test("what somebody does to the newest copy is found and told; it counts for nothing, and the other one stays", async () => {
  const { cwd, name: other } = await project();
  const name = basename(await smallSnapshot(join(cwd, "backups"), { entries: 30 }));
  await command(cwd, "snapshots", "copy", other, name, "--to", "offsite");
  const place = join(cwd, "offsite");
  const sound = objectsIn(place);
  const random = randomFrom(12);
  for (const what of CHOSEN) {
    const objects = new Map(sound);
    await ATTACKS[what]?.(objects, { name, other, elsewhere: [], random });
    write(place, objects);
    const found = await command(cwd, "verify", `offsite:${name}`);
    const isStrange = what.startsWith("signed anew");
    const isGone = !objects.has(`${name}/copy.json`);
    expect([what, found.exitCode]).toEqual([what, isStrange ? 4 : isGone ? 2 : 5]);
    expect([what, found.stderr]).toEqual([what, expect.not.stringMatching(/\\n +at |TypeError|undefined/)]);
    await command(cwd, "snapshots", "list", "--place", "offsite");
    const listed = (await json(cwd, "snapshots", "list")).printed.snapshots;
    const held = listed.find((one: { name: string }) => one.name === name).places;
    expect([what, held.filter(({ sound: isSound }: { sound: boolean }) => isSound)]).toEqual([what, []]);
    const pruned = await command(
      cwd,
      "snapshots",
      "prune",
      "--place",
      "offsite",
      "--keep-last",
      "1",
      "--yes",
    );
    expect([what, pruned.stdout + pruned.stderr]).toEqual([what, expect.not.stringContaining("removed 1")]);
    const left = objectsIn(place);
    for (const [object, bytes] of sound)
      if (object.startsWith(`${other}/`))
        expect([what, object, Buffer.from(left.get(object) ?? []).equals(bytes)]).toEqual([
          what,
          object,
          true,
        ]);
    write(place, sound);
    expect([what, (await command(cwd, "verify", `offsite:${name}`)).exitCode]).toEqual([what, 0]);
  }
});
