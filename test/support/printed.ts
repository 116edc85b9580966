/** What `--json` printed, held against the shape that it says it has: nothing is missing, nothing is added. */
import * as v from "valibot";
import { commandsOf } from "../../src/commands/man/manual.ts";
import { ROOT } from "../../src/dispatch/commands.ts";
import { AUDIT_EVENT } from "../../src/results/audit.ts";
import { FAILURE } from "../../src/results/program.ts";
import type { Result } from "../../src/results/result.ts";
import { canonicalJson } from "../../src/units/canonical-json.ts";

/** Every declared result, by name. */
export const RESULTS: ReadonlyMap<string, Result> = new Map(
  [FAILURE, ...(await commandsOf(ROOT)).flatMap(({ command }) => command.json ?? [])].map((one) => [
    one.name,
    one,
  ]),
);

/** The value without its `schema`, as the schema has it. @throws Error when it is anything else */
export function parsedAs<Schema extends v.GenericSchema>(
  result: Result<Schema>,
  stdout: string,
): v.InferOutput<Schema> {
  const { schema, ...value } = JSON.parse(stdout);
  const wanted = { name: result.name, version: result.version };
  if (canonicalJson(schema) !== canonicalJson(wanted))
    throw new Error(`not ${JSON.stringify(wanted)}: ${stdout.slice(0, 300)}`);
  return exactly(result, value);
}

function exactly<Schema extends v.GenericSchema>(
  { name, schema }: Result<Schema>,
  value: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new Error(`${name}: ${JSON.stringify(v.flatten(parsed.issues))}`);
  const [had, has] = [value, parsed.output].map((one) => canonicalJson(JSON.parse(JSON.stringify(one))));
  if (had !== has) throw new Error(`${name} was printed with members that its schema lacks:\n${had}\n${has}`);
  return parsed.output;
}

/** Events, one a line. */
export const eventsIn = (stdout: string): v.InferOutput<typeof AUDIT_EVENT.schema>[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => exactly(AUDIT_EVENT, JSON.parse(line)));

/** @returns the names of the results that were printed @throws Error when it is not one that is declared, or is not as declared */
export function checkPrinted(stdout: string): string[] {
  if (stdout.trim() === "") return [];
  const name = nameIn(stdout);
  if (name === undefined) return eventsIn(stdout).map(() => AUDIT_EVENT.name);
  const result = RESULTS.get(name);
  if (result === undefined) throw new Error(`no result is declared as ${name}: ${stdout.slice(0, 300)}`);
  parsedAs(result, stdout);
  return [name];
}

/** Events have no schema, and many of them are no single value. */
function nameIn(stdout: string): string | undefined {
  try {
    return JSON.parse(stdout).schema?.name;
  } catch {
    return undefined;
  }
}

/** What was printed, unchecked: one object, or events. */
export const printedIn = (stdout: string) =>
  nameIn(stdout) === undefined ? eventsIn(stdout) : JSON.parse(stdout);
