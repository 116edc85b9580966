/** No destructive act without a durable record made before it. */
import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TrailError } from "../../src/audit/format/error.ts";
import { type Folder, makeFolder } from "./folder.ts";

const ENDING = { outcome: "success" } as const;

const OBSTACLES: Readonly<Record<string, (folder: Folder) => void>> = {
  "a file where the directory should be": ({ file }) => {
    mkdirSync(dirname(dirname(file)), { recursive: true });
    writeFileSync(dirname(file), "");
  },
  "a link to a device where the trail should be": ({ file }) => {
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync("/dev/full", file);
  },
  "a directory where the trail should be": ({ file }) => mkdirSync(file, { recursive: true }),
  "a home that cannot be written to": ({ home }) => writeFileSync(home, ""),
  "a link to a device where the copy should be": ({ home, copy }) => {
    mkdirSync(home);
    symlinkSync("/dev/full", copy);
  },
};

test.each(Object.keys(OBSTACLES))("%s: a destructive command is refused before it begins", async (name) => {
  using folder = makeFolder();
  OBSTACLES[name]?.(folder);
  let ran = false;
  const trail = folder.open();
  const act = trail.record({ operation: "destroy", destructive: true }, async () => {
    ran = true;
    return { result: undefined, ending: ENDING };
  });
  const error = await act.catch((reason) => reason);
  await trail.close();
  expect(error).toBeInstanceOf(TrailError);
  expect(error.message).toContain(folder.directory);
  expect(error.hint).toMatch(/in the way|where the file should be|then move it away/);
  expect(ran).toBe(false);
});

test.each(Object.keys(OBSTACLES))("%s: another command warns and goes on", async (name) => {
  using folder = makeFolder();
  OBSTACLES[name]?.(folder);
  const trail = folder.open();
  const result = await trail.record({ operation: "export", destructive: false }, async () => ({
    result: "done",
    ending: ENDING,
  }));
  await trail.close();
  expect(result).toBe("done");
  expect(folder.warnings.join("\n")).toContain("the beginning of this export");
});

test("a refusal for the home's sake is itself in the trail, so that the beginning has an end", async () => {
  using folder = makeFolder();
  writeFileSync(folder.home, "");
  const trail = folder.open();
  await trail
    .record({ operation: "destroy", destructive: true }, () => Promise.reject())
    .catch(() => undefined);
  const events = await trail.newest({ limit: 10 });
  expect(events.map(({ outcome }) => outcome)).toEqual(["started", "refused"]);
  expect(events[1]?.ref).toBe(events[0]?.id);
});

test("a disk that fills up in the middle of a line leaves no half line behind", async () => {
  using folder = makeFolder();
  const script = join(import.meta.dir, "appender.ts");
  const limited = `ulimit -f 8; trap '' XFSZ; exec "$@"`;
  const command = [process.execPath, script, folder.file, folder.home, "1000", "x"];
  const writer = Bun.spawn(["bash", "-c", limited, "bash", ...command], { stdout: "pipe", stderr: "pipe" });
  const told = (await new Response(writer.stdout).text()).trim().split("\n");
  expect(await writer.exited).not.toBe(0);
  expect(await new Response(writer.stderr).text()).toContain("cannot write to");
  const lines = await folder.lines();
  expect(lines.map((line) => JSON.parse(line).id)).toEqual(told);
  expect(await Bun.file(folder.file).text()).toEndWith("\n");
});
