/** Damage in a copy's data counts until all of it was read and is right, however often its place is listed meanwhile. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Lab, startLab } from "../lab/lab.ts";
import { labProject } from "../support/project.ts";
import { command, json, project, STORES } from "./copied.ts";
import { TOUCH } from "./destroyable.ts";

setDefaultTimeout(120_000);

/** Flips a bit in the middle of a file, of which neither name nor size changes. */
function flip(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.length >> 1;
  writeFileSync(file, bytes.fill((bytes[at] ?? 0) ^ 4, at, at + 1));
}

/** What the listing of the project says of the only snapshot's copy; nothing where it says nothing of it. */
const placesOf = async (cwd: string) => (await json(cwd, "snapshots", "list")).printed.snapshots[0]?.places;
const listPlace = (cwd: string) => command(cwd, "snapshots", "list", "--place", "offsite");

test("a flipped bit stays known through listings, partial looks and an unplugged disk, until all of the copy was read", async () => {
  const { cwd, name } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  const file = join(cwd, "offsite", name, "logs.json");
  const right = readFileSync(file);
  flip(file);
  expect((await command(cwd, "verify", `offsite:${name}`)).exitCode).toBe(5);
  const damaged = [{ place: "offsite", sound: false, depth: "whole" }];
  const looks: Readonly<Record<string, () => unknown>> = {
    "a listing": () => listPlace(cwd),
    "a quick look": () => command(cwd, "verify", `offsite:${name}`, "--quick"),
    "another part": () => command(cwd, "verify", `offsite:${name}`, "--read-data=1/1000"),
    "a listing without the disk, and one with it": async () => {
      renameSync(join(cwd, "offsite"), join(cwd, "unplugged"));
      expect((await listPlace(cwd)).stderr).toContain("the copy is gone");
      expect(await placesOf(cwd)).toEqual([]);
      renameSync(join(cwd, "unplugged"), join(cwd, "offsite"));
      await listPlace(cwd);
    },
    "an object that is missing, and back again": async () => {
      const index = join(cwd, "offsite", name, "blocks.jsonl");
      renameSync(index, join(cwd, "away"));
      await listPlace(cwd);
      renameSync(join(cwd, "away"), index);
      await listPlace(cwd);
    },
  };
  for (const [what, look] of Object.entries(looks)) {
    await look();
    expect(await placesOf(cwd), what).toMatchObject(damaged);
    expect((await command(cwd, "snapshots", "list")).stdout, what).toContain("offsite (damaged)");
  }
  writeFileSync(file, right);
  await listPlace(cwd);
  expect(await placesOf(cwd), "also when it was put right").toMatchObject(damaged);
  expect((await command(cwd, "verify", `offsite:${name}`)).exitCode).toBe(0);
  expect(await placesOf(cwd)).toMatchObject([{ sound: true, depth: "whole", proved: expect.any(String) }]);
});

test("copying again reads what is there of a damaged copy, and writes again what is not as it was", async () => {
  const { cwd, name } = await project();
  const copy = () => json(cwd, "snapshots", "copy", name, "--to", "offsite");
  await copy();
  const files = ["logs.json", "traces.json", "SHA256SUMS"].map((file) => join(cwd, "offsite", name, file));
  const right = files.map((file) => readFileSync(file));
  for (const file of files) flip(file);
  expect((await copy()).printed.copied[0].sent.objectsTotal, "nobody has found it yet").toBe(0);
  await command(cwd, "verify", `offsite:${name}`);
  const mended = await copy();
  expect([mended.exitCode, mended.printed.copied[0].sent.objectsTotal]).toEqual([0, 3]);
  expect(files.map((file) => readFileSync(file))).toEqual(right);
  expect(await placesOf(cwd)).toMatchObject([{ sound: true, depth: "whole" }]);
  expect((await command(cwd, "verify", `offsite:${name}`)).exitCode).toBe(0);
});

test("a copy.json of another place, sound and of the same snapshot, does not clear the damage that was found", async () => {
  const { cwd, name } = await project();
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `name: shop\n${STORES}  usb: { plugin: directory, path: ./usb }\n`,
  );
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  await command(cwd, "snapshots", "copy", name, "--to", "usb");
  flip(join(cwd, "offsite", name, "logs.json"));
  expect((await command(cwd, "verify", `offsite:${name}`)).exitCode).toBe(5);
  const [own, other] = ["offsite", "usb"].map((place) => join(cwd, place, name, "copy.json")) as [
    string,
    string,
  ];
  expect(readFileSync(own).equals(readFileSync(other))).toBe(false);
  writeFileSync(own, readFileSync(other));
  await listPlace(cwd);
  const places: { place: string; sound: boolean }[] = await placesOf(cwd);
  expect(places.map(({ place, sound }) => [place, sound])).toEqual([
    ["offsite", false],
    ["usb", true],
  ]);
});

test("damage that a listing finds is cleared by a listing", async () => {
  const { cwd, name } = await project();
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  const file = join(cwd, "offsite", name, "copy.json");
  for (const hurt of [() => flip(file), () => rmSync(join(cwd, "offsite", name, "logs.json"))]) {
    const right = readFileSync(file);
    hurt();
    await listPlace(cwd);
    expect(await placesOf(cwd)).toMatchObject([{ sound: false, depth: "listed" }]);
    writeFileSync(file, right);
    await command(cwd, "snapshots", "copy", name, "--to", "offsite");
    expect(await placesOf(cwd)).toMatchObject([{ sound: true, depth: "listed" }]);
  }
});

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
}, 120_000);
afterAll(() => lab.stop());

test("what only a damaged copy holds is in no snapshot: for the coverage, for destroy and for the next export", async () => {
  const cwd = labProject(lab, { more: STORES, only: ["loki"], command: TOUCH });
  await command(cwd, "export", "--all");
  const [name = ""] = readdirSync(join(cwd, "backups"));
  await command(cwd, "snapshots", "copy", name, "--to", "offsite");
  rmSync(join(cwd, "backups"), { recursive: true });
  const lossOf = async () => {
    const { printed } = await json(cwd, "destroy", "--dry-run");
    return printed.options.find(({ option }: { option: string }) => option === "3").losses.length;
  };
  expect(await lossOf()).toBe(0);
  flip(join(cwd, "offsite", name, "logs.json"));
  expect((await command(cwd, "verify", `offsite:${name}`)).exitCode).toBe(5);
  await listPlace(cwd);
  expect(await lossOf()).toBe(1);
  const listed = (await json(cwd, "snapshots", "list")).printed;
  expect([listed.snapshots, listed.coverage]).toEqual([[], []]);
  const next = await json(cwd, "export", "--since-last");
  const [loki] = next.printed.backends;
  expect([loki.parent, loki.counts.entries > 1_000]).toEqual([undefined, true]);
});
