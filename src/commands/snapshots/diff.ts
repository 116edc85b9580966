import * as v from "valibot";
import { diffSnapshots } from "../../snapshot/kept/diff.ts";
import { openSnapshot } from "../../snapshot/read/reader.ts";
import { formatTable } from "../../terminal/table.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { findSnapshot, SNAPSHOT } from "../snapshot-argument.ts";
import { configOf } from "../stack.ts";

const diffSchema = v.object({
  a: v.string(),
  b: v.string(),
  equal: v.boolean(),
  files: v.array(v.object({ file: v.string(), both: v.number(), onlyA: v.number(), onlyB: v.number() })),
});

export default defineCommand({
  about: "compare two snapshots in records; exit code 5 when they differ",
  args: {
    a: { ...SNAPSHOT, required: true },
    b: { ...SNAPSHOT, required: true },
    json: { type: "flag", about: "print one JSON object" },
  },
  examples: [
    { line: "snapshots diff 20260124-143000 latest", about: "what came and what went, file by file" },
  ],
  json: diffSchema,
  async run(call): Promise<ExitCode> {
    const { backups } = await configOf(call);
    const open = async (text: string) => openSnapshot(await findSnapshot(text, { ...call, backups }));
    const [a, b] = [await open(call.args.a), await open(call.args.b)];
    const files = await diffSnapshots(a, b);
    await Promise.all([a.close(), b.close()]);
    const differing = files.filter(({ onlyA, onlyB }) => onlyA + onlyB > 0);
    if (call.args.json)
      call.terminal.printJson({ a: a.path, b: b.path, equal: differing.length === 0, files });
    else for (const line of diffLines(files)) call.terminal.print(line);
    return differing.length === 0 ? EXIT.ok : EXIT.different;
  },
});

/** Files that differ by name, the equal ones as a number. */
function diffLines(files: Awaited<ReturnType<typeof diffSnapshots>>): string[] {
  const differing = files.filter(({ onlyA, onlyB }) => onlyA + onlyB > 0);
  const rows = differing.map(({ file, both, onlyA, onlyB }) => [
    file,
    `${both} in both`,
    `-${onlyA}`,
    `+${onlyB}`,
  ]);
  const right = { align: "right" } as const;
  return [
    ...formatTable([{}, right, right, right], rows),
    `${files.length - differing.length} of ${files.length} files are equal`,
  ];
}
