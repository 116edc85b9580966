/** Makes `docs/json.md` from the declared results. A test compares the two. */
import { resolve } from "node:path";
import { commandsOf } from "../src/commands/man/manual.ts";
import { ROOT } from "../src/dispatch/commands.ts";
import { FAILURE } from "../src/results/program.ts";
import type { Result } from "../src/results/result.ts";
import { type Member, membersOf } from "./result-members.ts";

const HEAD = `# What \`--json\` prints

Every command but \`man\`, \`completions\` and \`audit export\`, which print a document, takes \`--json\`. It then prints one JSON object to
stdout, and nothing else there; everything said to people goes to stderr as always, and the exit code is the same. This page is made
from the declarations of these objects.

\`\`\`sh
contextcore inventory --json | jq -r '.backends[] | [.backend, .size.bytes, .retentionSeconds] | @tsv'
contextcore version --json | jq -c .schema
\`\`\`

- \`schema\`, the first member, says which object it is: \`{ "name": "snapshots.list", "version": 1 }\`. Within a version, members and
  values may be added; none is renamed, removed or given another meaning. A newer version is told in [Upgrading](upgrading.md).
- A member that is not known is absent. It is never \`null\`, and never 0 in the place of "nobody knows".
- The same thing has the same name everywhere. \`backend\`, \`plugin\` and \`sink\` are names; \`snapshot\` is \`{ name, path }\`; \`range\` is
  \`{ from, to }\`, of which \`to\` is no part; \`counts\`, \`written\` and the like are numbers by unit. Names that end in \`bytes\`, \`Seconds\`
  and \`Total\` are numbers: a size, a duration, how many there are. Times are RFC 3339.
- Parts that have a format of their own, manifests and events of the trail, are as they are on the disk, with the names that they have
  there.
- A command that ends with an error before it has a result prints [\`error\`](#error), on one line.
- \`audit --json\` prints a stream: [events](#auditevent), one a line, without \`schema\`.
`;

/** The page: every result, in the order of the commands that print it. */
export async function jsonPage(): Promise<string> {
  const printers = new Map<Result, string[]>();
  for (const { path, command } of await commandsOf(ROOT))
    for (const result of command.json ?? []) printers.set(result, [...(printers.get(result) ?? []), path]);
  const sections = [...printers].map(([result, paths]) => section(result, paths));
  return [HEAD, ...sections, section(FAILURE, [])].join("\n");
}

/** A result as the page has it. @param paths the commands that print it */
export function section(result: Result, paths: readonly string[]): string {
  const { name, version, about } = result;
  const by = paths.map((path) => `\`${path}\``).join(", ");
  const members = membersOf(result);
  const short = members.filter(isShort).map(({ path }) => path);
  const rows = members.filter(({ path }) => !short.includes(path.replace(/(\[\])*\.\w+$/, "")));
  const table = ["", "| member | type | what |", "|---|---|---|", ...rows.map(row)];
  return [
    `## ${name}`,
    "",
    `Version ${version}${by === "" ? "" : `, of ${by}`}: ${about}.`,
    ...(rows.length === 0 ? [] : table),
    "",
  ].join("\n");
}

/** What is written in one line: `{ name, path }`. */
const isShort = ({ members }: Member): boolean => ["from,to", "name,path"].includes(members.join());

function row(member: Member): string {
  const { path, isRequired, about, format, values } = member;
  const words = values.length > WORDS_MAX ? "" : values.map((one) => `\`${one}\``).join(", ");
  const what = [words, about, format ?? ""].filter((text) => text !== "").join("; ");
  return `| \`${path}\`${isRequired ? "" : " (optional)"} | ${typeText(member)} | ${what} |`.replace(
    "|  |",
    "| |",
  );
}

const WORDS_MAX = 10;

/** `{ from, to }[]`, `object[]`, `string`. */
function typeText(member: Member): string {
  const one = isShort(member) ? `{ ${member.members.join(", ")} }` : (member.item ?? member.type);
  return member.type === "array" ? `${one}[]` : one;
}

if (import.meta.main) await Bun.write(resolve(import.meta.dir, "../docs/json.md"), await jsonPage());
