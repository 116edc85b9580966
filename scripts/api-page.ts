/** Makes `docs/api.md` from the routes of the service. A test compares the two. */
import { resolve } from "node:path";
import type * as v from "valibot";
import { commandsOf } from "../src/commands/man/manual.ts";
import { ROOT } from "../src/dispatch/commands.ts";
import { routesOf } from "../src/service/api/routes.ts";
import type { Service } from "../src/service/api/service.ts";
import type { Route } from "../src/service/listen/route.ts";
import { section } from "./json-page.ts";
import { membersOf } from "./result-members.ts";

const HEAD = `# The API

What [the service](service.md) answers. This page is made from its routes; \`GET /api/v1/openapi.json\` describes the same as OpenAPI 3.1.

- A caller shows a token (\`Authorization: Bearer …\`), or the cookie of a session. An admin may call everything. What is \`open\` needs neither; what is
  \`local\` needs none from this machine, and a viewer's from elsewhere.
- Answers are JSON as the commands print it: \`schema\` says which, and [What \`--json\` prints](json.md) lists the members. Errors are
  \`application/problem+json\`: \`status\`, \`detail\`, and \`hint\`, which says what to do.
- A name in a path or a query is one of the configuration, of a kept snapshot or of an event: a path or a URL is refused.
`;

const OWN = `# Answers that no command prints
`;

/** No route does anything with its service before it is called. */
export const ROUTES: readonly Route[] = routesOf({} as Service);

/** The page: every route, by resource. */
export async function apiPage(): Promise<string> {
  const commands = await commandsOf(ROOT);
  const printed = new Set(commands.flatMap(({ command }) => (command.json ?? []).map(({ name }) => name)));
  const groups = Map.groupBy(
    ROUTES,
    ({ path }) => /^\/api\/(?:v1\/)?([\w-]+)/.exec(path)?.[1] ?? path.slice(1),
  );
  const sections = [...groups].flatMap(([group, routes]) => [
    `## ${group}`,
    "",
    ...routes.flatMap((route) => routeSection(route, printed)),
  ]);
  const own = ROUTES.flatMap(({ answers }) =>
    "schema" in answers && !printed.has(answers.name) ? [answers] : [],
  );
  return [HEAD, ...sections, OWN, ...new Set(own.map((result) => section(result, [])))].join("\n");
}

function routeSection(route: Route, printed: ReadonlySet<string>): string[] {
  const { method, path, role, about, query, body } = route;
  return [
    `### ${method} ${path}`,
    "",
    `${about[0]?.toUpperCase()}${about.slice(1)}. For: ${role}. Answers ${answerText(route, printed)}.`,
    "",
    ...table("query", query),
    ...table("body", body),
  ];
}

function answerText({ answers, status }: Route, printed: ReadonlySet<string>): string {
  const code = status === undefined ? "" : `${status}, `;
  if (!("schema" in answers) && answers.length === 0) return `${status}, and nothing`;
  if (!("schema" in answers)) return `${code}${answers.map((type) => `\`${type}\``).join(" or ")}`;
  const { name } = answers;
  return `${code}${printed.has(name) ? `[\`${name}\`](json.md#${name.replaceAll(".", "")})` : `[\`${name}\`](#${name.replaceAll(".", "")})`}`;
}

function table(head: string, schema: v.GenericSchema | undefined): string[] {
  if (schema === undefined) return [];
  const members = membersOf({ name: head, version: 1, about: head, schema }, "input").filter(
    ({ path }) => !path.includes("."),
  );
  if (members.length === 0) return [];
  const rows = members.map(({ path, isRequired, about, values }) => {
    const words = values.map((one) => `\`${one}\``).join(", ");
    return `| \`${path}\`${isRequired ? "" : " (optional)"} | ${[words, about].filter((text) => text !== "").join("; ")} |`;
  });
  return [`| ${head} | what |`, "|---|---|", ...rows, ""];
}

if (import.meta.main) await Bun.write(resolve(import.meta.dir, "../docs/api.md"), await apiPage());
