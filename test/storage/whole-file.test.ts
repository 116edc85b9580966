/** Under a file's name is the old one or the new one, whatever happens. */
import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { writePieces, writeWhole } from "../../src/storage/whole-file.ts";
import { temporaryDirectory } from "../support/directory.ts";

const WRITER = join(import.meta.dir, "../../src/storage/whole-file.ts");

test("a writer that is killed leaves one whole file or the other", async () => {
  const directory = temporaryDirectory();
  const file = join(directory, "file");
  const [a, b] = ["a".repeat(300_000), "b".repeat(70_000)];
  const script = `
    const { writeWhole } = await import(${JSON.stringify(WRITER)});
    for (;;) for (const text of ["a".repeat(300_000), "b".repeat(70_000)]) {
      writeWhole(${JSON.stringify(file)}, text, { isDurable: false });
      console.log("");
    }
  `;
  writeFileSync(join(directory, "script.ts"), script);
  const seen = new Set<string>();
  for (let kill = 0; kill < 10; kill += 1) {
    const child = Bun.spawn([process.execPath, join(directory, "script.ts")], { stdout: "pipe" });
    for await (const _ of child.stdout) {
      const text = readFileSync(file, "utf8");
      expect([a, b].includes(text)).toBe(true);
      seen.add(text);
      if (seen.size === 2) break;
    }
    child.kill("SIGKILL");
    await child.exited;
    expect([a, b].includes(readFileSync(file, "utf8"))).toBe(true);
  }
  expect(seen.size).toBe(2);
});

test("one that fails leaves what was there, and nothing beside it", async () => {
  const directory = temporaryDirectory({ file: "old" });
  const file = join(directory, "file");
  const failing = () => {
    throw new Error("no text");
  };
  async function* torn(): AsyncGenerator<string> {
    yield "half";
    throw new Error("no more");
  }
  expect(() => writeWhole(file, failing)).toThrow("no text");
  expect(writePieces(file, torn())).rejects.toThrow("no more");
  await Bun.sleep(0);
  mkdirSync(join(directory, "folder/in"), { recursive: true });
  expect(() => writeWhole(join(directory, "folder"), "text")).toThrow();
  expect(readdirSync(directory).sort()).toEqual(["file", "folder"]);
  expect(readFileSync(file, "utf8")).toBe("old");
});

test("pieces follow one another, as text or bytes", async () => {
  const file = join(temporaryDirectory(), "file");
  expect(await writePieces(file, ["one ", Buffer.from("two "), "three"])).toBe(true);
  expect(readFileSync(file, "utf8")).toBe("one two three");
});

test("what has the name already stays where it must be absent, whatever it is", () => {
  const directory = temporaryDirectory({ file: "old" });
  mkdirSync(join(directory, "folder"));
  symlinkSync("nowhere", join(directory, "link"));
  for (const name of ["file", "folder", "link"])
    expect(writeWhole(join(directory, name), "new", { ifAbsent: true })).toBe(false);
  expect(writeWhole(join(directory, "free"), "new", { ifAbsent: true })).toBe(true);
  expect(readdirSync(directory).sort()).toEqual(["file", "folder", "free", "link"]);
  expect(readFileSync(join(directory, "file"), "utf8")).toBe("old");
  expect(statSync(join(directory, "free")).nlink).toBe(1);
});

test("permissions are those of the file that was there where they stay, else those that are asked for", () => {
  const directory = temporaryDirectory({ kept: "", other: "" });
  for (const name of ["kept", "other"]) chmodSync(join(directory, name), 0o640);
  const modeOf = (name: string, options: Parameters<typeof writeWhole>[2]): number => {
    writeWhole(join(directory, name), "new", options);
    return statSync(join(directory, name)).mode & 0o777;
  };
  expect(modeOf("kept", { keepsMode: true, mode: 0o600 })).toBe(0o640);
  expect(modeOf("other", { mode: 0o600 })).toBe(0o600);
  expect(modeOf("new", { keepsMode: true, mode: 0o600 })).toBe(0o600);
});

test("a link is replaced, not written through, and so is one that lies where the draft will", () => {
  const directory = temporaryDirectory({ precious: "kept" });
  const [file, draft] = [join(directory, "file"), join(directory, "file.partial")];
  for (const path of [file, draft]) symlinkSync(join(directory, "precious"), path);
  writeWhole(file, "new", { draft });
  expect([lstatSync(file).isFile(), readFileSync(file, "utf8")]).toEqual([true, "new"]);
  expect([existsSync(draft), readFileSync(join(directory, "precious"), "utf8")]).toEqual([false, "kept"]);
});

test("a text may be made from the status of the very file that it goes into", () => {
  const file = join(temporaryDirectory(), "file");
  writeWhole(file, ({ ino }) => `${ino}`);
  expect(readFileSync(file, "utf8")).toBe(`${statSync(file).ino}`);
});

test("a device, a pipe and what leads to one are left alone", () => {
  const directory = temporaryDirectory();
  const pipe = join(directory, "pipe");
  Bun.spawnSync(["mkfifo", pipe]);
  symlinkSync("pipe", join(directory, "to-pipe"));
  symlinkSync("/dev/null", join(directory, "to-device"));
  mkdirSync(join(directory, "folder"));
  for (const name of ["pipe", "to-pipe", "to-device", "folder"])
    expect(() => writeWhole(join(directory, name), "new")).toThrow(join(directory, name));
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  expect(readdirSync(directory).sort()).toEqual(["folder", "pipe", "to-device", "to-pipe"]);
  // One that leads nowhere, or in a circle, is in nobody's way.
  symlinkSync("circle", join(directory, "circle"));
  writeWhole(join(directory, "circle"), "new");
  expect(readFileSync(join(directory, "circle"), "utf8")).toBe("new");
});
