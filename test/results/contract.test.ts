/** What holds for every result that is declared: the same thing has the same name and the same form in all of them. */
import { expect, test } from "bun:test";
import { toJsonSchema } from "@valibot/to-json-schema";
import { ROUTES } from "../../scripts/api-page.ts";
import { type Member, membersOf } from "../../scripts/result-members.ts";
import { commandsOf } from "../../src/commands/man/manual.ts";
import { ROOT } from "../../src/dispatch/commands.ts";
import { EXPORT } from "../../src/results/export.ts";
import { taskEventSchema } from "../../src/service/running/protocol.ts";
import { RESULTS } from "../support/printed.ts";

/** What prints a document by itself, which others' programs read as it is. */
const WITHOUT_JSON: Readonly<Record<string, string>> = {
  man: "prints a page in roff",
  completions: "prints a script, and words for a shell",
  "activity export": "prints runs as lines or as CSV, as --format says",
  "audit export": "prints the trail itself, in the format that --format names",
  "serve start": "serves until it is stopped, and tells its log",
};

const commands = await commandsOf(ROOT);

/** What a command prints, and what only the API answers. */
const ALL = new Set([
  ...RESULTS.values(),
  ...ROUTES.flatMap(({ answers }) => ("schema" in answers ? [answers] : [])),
]);
const members = [...ALL].flatMap((result) =>
  membersOf(result).map((member) => ({ ...member, result: result.name })),
);

test("every command has results, or prints a document by itself", () => {
  const without = commands.filter(({ command }) => command.json === undefined).map(({ path }) => path);
  expect(without.filter((path) => !path.startsWith("persistence ")).sort()).toEqual(
    Object.keys(WITHOUT_JSON).sort(),
  );
});

test("the flag --json follows from the results, and a name means one result", () => {
  for (const { path, command } of commands)
    expect([path, command.args?.json !== undefined]).toEqual([path, command.json !== undefined]);
  const declared = new Set(commands.flatMap(({ command }) => command.json ?? []));
  expect(new Set([...declared].map(({ name }) => name)).size).toBe(declared.size);
  expect(new Set([...ALL].map(({ name }) => name)).size).toBe(ALL.size);
  for (const { name, version } of ALL) {
    expect(name).toMatch(/^[a-z]+([.-][a-z]+)*$/);
    expect(version).toBeGreaterThan(0);
  }
});

test("there is much to look at", () => {
  expect(RESULTS.size).toBeGreaterThan(35);
  expect(ALL.size).toBeGreaterThan(RESULTS.size + 5);
  expect(members.length).toBeGreaterThan(300);
  expect(membersOf(EXPORT).map(({ path }) => path)).toContain("backends[].problems[].itemsTotal");
});

test("every name is in camelCase", () => {
  expect(members.filter(({ name }) => !/^[a-z][a-zA-Z0-9]*$/.test(name)).map(nameIn)).toEqual([]);
});

/** The form that a thing of this name has wherever it stands. */
const FORMS: readonly (readonly [RegExp, (member: Member) => boolean])[] = [
  [/^(backend|plugin|sink|stack|status|message|hint|reason|subject|key|where|url)$/, isText],
  [/^snapshot$/, ({ members: inner }) => ["name,path"].includes([...inner].sort().join())],
  [/^snapshots$/, ({ type, members: inner }) => type === "array" && has(inner, "name", "path")],
  [/^backends$/, ({ type, members: inner }) => type === "array" && has(inner, "backend")],
  [/^sinks$/, ({ type, members: inner }) => type === "array" && has(inner, "sink")],
  [/^plugins$/, ({ type, members: inner }) => type === "array" && has(inner, "plugin")],
  [/^range$/, ({ members: inner }) => inner.join() === "from,to"],
  [/^ranges$|^gaps$|^covered$/, ({ type, members: inner }) => type === "array" && inner.join() === "from,to"],
  [/^counts$|^saved$|^written$|^existing$|^held$/, ({ type }) => type === "object"],
  [/bytes$|Bytes$|Seconds$|Total$|^offset$|^seq$/, ({ type }) => type === "number"],
  [/^(from|to|created|oldest|newest|since|at|timestamp)$/, ({ isTime }) => isTime],
  [/^is[A-Z]/, ({ type }) => type === "boolean"],
];

function isText({ type }: Member): boolean {
  return type === "string";
}

const has = (inner: readonly string[], ...names: readonly string[]): boolean =>
  names.every((name) => inner.includes(name));

const nameIn = ({ result, path }: { result: string; path: string }): string => `${result}: ${path}`;

test.each(FORMS)("what is called %p has one form", (name, fits) => {
  const called = members.filter((member) => name.test(member.name));
  expect(called.length).toBeGreaterThan(0);
  expect(called.filter((member) => !fits(member)).map(nameIn)).toEqual([]);
});

/** Names that may be of several types, since what they name is. */
const SEVERAL: Readonly<Record<string, string>> = {
  value: "of a setting or an option",
  fallback: "of an option",
};

test("one name has one type in all results", () => {
  const types = Map.groupBy(members, ({ name }) => name);
  const differing = [...types].filter(
    ([name, all]) => !(name in SEVERAL) && new Set(all.map(({ type }) => type)).size > 1,
  );
  expect(differing.map(([, all]) => all.map((one) => `${nameIn(one)}: ${one.type}`))).toEqual([]);
});

test("no time or size is without its unit, and none is in milliseconds", () => {
  const without = members.filter(
    ({ name, type }) =>
      type === "number" && /(Ms|Ns)$|^(ms|timeout|timeLimit|retention|duration|size)$/.test(name),
  );
  expect(without.map(nameIn)).toEqual([]);
  // Nor in what a stream tells of a task.
  const told = JSON.stringify(toJsonSchema(taskEventSchema, { errorMode: "ignore" }));
  expect(told.match(/"\w+(Ms|Ns)"/g)).toBeNull();
  expect(told).toContain('"goesOnInSeconds"');
});
