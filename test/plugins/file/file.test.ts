import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import file from "../../../plugins/file/index.ts";
import type { AuditRecord } from "../../../src/contract/contract.ts";
import { PluginError } from "../../../src/contract/errors.ts";
import { openSink } from "../../audit/sink.ts";

const NEVER = new AbortController().signal;

function folder() {
  const path = mkdtempSync(join(tmpdir(), "contextcore-file-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const record = (seq: number, project = "shop"): AuditRecord => {
  const hash = String(seq % 10).repeat(64);
  const fields = {
    id: `id-${seq}`,
    seq,
    timestamp: "",
    operation: "export",
    outcome: "success",
    user: "",
    host: "",
  };
  return { ...fields, project, line: JSON.stringify({ ...fields, project, prev_hash: "", hash }) };
};

const kindOf = (work: Promise<unknown>) =>
  work.then(
    () => "fine",
    (error) => (error instanceof PluginError ? error.kind : String(error)),
  );

test("lines are appended in a directory that is made for them; each project finds its own hashes", async () => {
  using place = folder();
  const path = join(place.path, "a/b/audit.jsonl");
  const { sink } = await openSink(file, { path });
  expect(await sink.history?.({ project: "shop", limit: 10 }, NEVER)).toEqual([]);
  const records = [record(1), record(2, "other"), record(3), record(4)];
  for (const one of records) await sink.deliver(one, NEVER);
  expect(await Bun.file(path).text()).toBe(records.map(({ line }) => `${line}\n`).join(""));
  const hashes = await sink.history?.({ project: "shop", limit: 2 }, NEVER);
  expect(hashes).toEqual(["3".repeat(64), "4".repeat(64)]);
});

test("what a dead writer left stays on a line of its own", async () => {
  using place = folder();
  const path = join(place.path, "audit.jsonl");
  const { sink } = await openSink(file, { path });
  await sink.deliver(record(1), NEVER);
  appendFileSync(path, '{"id":"torn');
  await sink.deliver(record(2), NEVER);
  expect((await Bun.file(path).text()).split("\n")).toEqual([
    record(1).line,
    '{"id":"torn',
    record(2).line,
    "",
  ]);
});

test("the probe leaves nothing behind", async () => {
  using place = folder();
  const path = join(place.path, "new/audit.jsonl");
  const { sink } = await openSink(file, { path });
  await sink.probe(NEVER);
  expect(await Bun.file(path).exists()).toBe(false);
});

test("what stands in the way is refused: a file, a directory, a link, a FIFO", async () => {
  using place = folder();
  writeFileSync(join(place.path, "file"), "");
  const below = (await openSink(file, { path: join(place.path, "file/audit.jsonl") })).sink;
  expect(await kindOf(below.probe(NEVER))).toBe("refused");
  expect(await kindOf(below.deliver(record(1), NEVER))).toBe("refused");
  mkdirSync(join(place.path, "directory"));
  const directory = (await openSink(file, { path: join(place.path, "directory") })).sink;
  expect(await kindOf(directory.deliver(record(1), NEVER))).toBe("refused");
  writeFileSync(join(place.path, "elsewhere"), "precious");
  symlinkSync("elsewhere", join(place.path, "link"));
  Bun.spawnSync(["mkfifo", join(place.path, "fifo")]);
  for (const name of ["link", "fifo"]) {
    const { sink } = await openSink(file, { path: join(place.path, name) });
    expect(await kindOf(sink.probe(NEVER))).toBe("refused");
    expect(await kindOf(sink.deliver(record(1), NEVER))).toBe("refused");
    expect(await kindOf(sink.history?.({ project: "shop", limit: 1 }, NEVER) ?? Promise.resolve())).toBe(
      "refused",
    );
  }
  expect(await Bun.file(join(place.path, "elsewhere")).text()).toBe("precious");
});

test("a disk that takes no more may pass", async () => {
  using place = folder();
  const deliver = `import file from ${JSON.stringify(join(import.meta.dir, "../../../plugins/file/index.ts"))};
    const sink = file.sink({ options: { path: "audit.jsonl" } });
    await sink.deliver({ line: "x".repeat(4096) }).catch(({ kind }) => console.log(kind));`;
  writeFileSync(join(place.path, "deliver.ts"), deliver);
  const limited = `ulimit -f 1; trap '' XFSZ; exec "$0" "$1"`;
  const script = join(place.path, "deliver.ts");
  const child = Bun.spawnSync(["bash", "-c", limited, process.execPath, script], { cwd: place.path });
  expect(child.stdout.toString()).toBe("temporary\n");
});

test("a path is needed", async () => {
  expect(openSink(file, {})).rejects.toThrow("path");
  expect(openSink(file, { path: "" })).rejects.toThrow("path");
});
