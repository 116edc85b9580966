/** A project with persons in it: lines of a Loki, runs of models, a snapshot of all that, and a copy. */

import { join } from "node:path";
import { rememberChecked } from "../../src/storage/checked-recipients.ts";
import type { Lab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { agreed, labProject, type ProjectOptions } from "../support/project.ts";

/** Whose data is looked for, and a person whose identifier begins like it. */
export const ANN = "ann-7781@example.com";
export const ANNE = "ann-7781@example.community";

/** What the configuration says besides the backends. */
interface Asked {
  readonly subjects?: string;
  readonly store?: string;
  /** The path of a database, which need not be there yet. */
  readonly ledger?: string;
  /** Of an encrypted store. */
  readonly recipients?: readonly string[];
  /** Backends of the lab; default: its Loki. */
  readonly only?: ProjectOptions["only"];
  /** Further lines below `backends`. */
  readonly backends?: string;
  /** The places that each export is copied to. */
  readonly copies?: string;
}

const STORE = "plugin: directory, path: ./offsite";

/** Lines of an application of a Loki that nothing else is in. */
const LINES = [`${ANN} has paid`, `${ANNE} has paid`, "nobody has paid", `a letter to <${ANN}>`];

/** Pushes them, as if just now. */
export async function pushLines(lab: Lab, lines: readonly string[] = LINES): Promise<void> {
  const at = BigInt(Date.now() - 600_000) * 1_000_000n;
  const values = lines.map((line, index) => [`${at + BigInt(index)}`, line]);
  const answer = await fetch(`${lab.urls.loki}/loki/api/v1/push`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ streams: [{ stream: { app: "people" }, values }] }),
  });
  if (answer.status !== 204) throw new Error(await answer.text());
}

/** Makes it. @returns its directory */
export async function subjectProject(
  lab: Lab,
  {
    subjects = "",
    store = STORE,
    ledger,
    recipients = [],
    only = ["loki"],
    backends = "",
    copies = "offsite",
  }: Asked = {},
): Promise<string> {
  const cwd = labProject(lab, {
    only,
    more: `${subjects}stores:\n  offsite: { ${store} }\ncopies: [${copies}]\n`,
  });
  const text = await Bun.file(join(cwd, "contextcore.yaml")).text();
  await Bun.write(
    join(cwd, "contextcore.yaml"),
    text.replace(
      "backends:\n",
      `backends:\n${ledger === undefined ? "" : `  worm: { plugin: sqlite, path: ${ledger} }\n`}  activity: { export: content }\n${backends}`,
    ),
  );
  await expectRun(["activity", "record"], { cwd, stdin: new Blob([JSON.stringify(RUNS)]) });
  await pushLines(lab);
  agreed(cwd);
  rememberChecked(join(cwd, ".contextcore"), recipients);
  if (ledger === undefined) await expectRun(["export", "-t", "1h"], { cwd });
  return cwd;
}

const message = (text: string) => [{ role: "user", parts: [{ type: "text", text }] }];
const RUNS = [
  { model: "m", user: ANN, input: message("hello"), status: "ok" },
  { model: "m", user: "bob", input: message(`who is ${ANN}?`), status: "ok" },
  { model: "m", user: "bob", input: message(`who is ${ANNE}?`), status: "ok" },
];

/** Runs it, and fails where it fails. */
export async function expectRun(
  args: readonly string[],
  options: Parameters<typeof run>[1],
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(args, options);
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode}\n${stdout}\n${stderr}`);
  return stdout;
}

/** With the identifier on standard input. */
export const subject = (cwd: string, id: string, ...words: readonly string[]) =>
  run(["subject", words[0] ?? "", "-", ...words.slice(1)], { cwd, stdin: new Blob([`${id}\n`]) });
