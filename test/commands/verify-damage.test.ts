/** A damaged snapshot: verify says where, of which times, and how the data can be had again. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { VERIFY } from "../../src/results/verify.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";

/** The line of the index that tells of the second block of a file. */
function secondBlock(path: string, file: string) {
  const lines = readFileSync(join(path, "blocks.jsonl"), "utf8").trimEnd().split("\n");
  const blocks = lines.flatMap((text, at) => {
    const line = JSON.parse(text);
    return line.file === file || line.of === file ? [{ ...line, number: at + 1 }] : [];
  });
  return { ...blocks[1], before: blocks[0].records };
}

test.each([{}, { compression: "zstd" as const }])(
  "a block of a snapshot with %o whose bytes changed",
  async (more) => {
    const cwd = temporaryDirectory();
    const path = await smallSnapshot(join(cwd, "backups"), more);
    const block = secondBlock(path, "logs.json");
    const bytes = readFileSync(join(path, block.file));
    const at = block.offset + Math.floor(block.bytes / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(join(path, block.file), bytes);
    const again = `contextcore export --plugin logs --from ${block.from} --to ${block.to}`;

    const told = await run(["verify", path], { cwd });
    expect(told.exitCode).toBe(5);
    const [first, last] = [block.before + 1, block.before + block.records];
    expect(told.stderr).toContain(first === last ? `line ${first}, ` : `lines ${first} to ${last}, `);
    expect(told.stderr).toContain(
      `block ${block.number} of the index, bytes ${block.offset} to ${block.offset + block.bytes}, ${block.from} to ${block.to}: checksum mismatch`,
    );
    expect(told.stderr).toContain("damaged: 1 block of logs; while the server still has the data");
    expect(told.stderr).toContain(`  ${again}\n`);

    const { stdout } = await run(["verify", path, "--json"], { cwd });
    const report = parsedAs(VERIFY, stdout);
    const range = { from: block.from, to: block.to };
    expect(report).toMatchObject({
      damaged: [{ backend: "logs", blocksTotal: 1, ranges: [range], again: [again] }],
    });
    expect(report.flaws).toContainEqual({
      snapshot: { name: basename(path), path },
      file: block.file,
      message: "checksum mismatch",
      backend: "logs",
      block: block.number,
      lines: { first, last },
      offset: block.offset,
      bytes: block.bytes,
      range,
    });
  },
);

test("a sound snapshot has no damage to tell of", async () => {
  const cwd = temporaryDirectory();
  const path = await smallSnapshot(join(cwd, "backups"));
  const { stdout, exitCode } = await run(["verify", path, "--json"], { cwd });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ flaws: [], damaged: [] });
});

test("who only looks leaves no event", async () => {
  const cwd = temporaryDirectory();
  const path = await smallSnapshot(join(cwd, "backups"));
  expect((await run(["verify", path], { cwd })).exitCode).toBe(0);
  expect(existsSync(join(cwd, ".contextcore"))).toBe(false);
});
