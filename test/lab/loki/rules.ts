import { parse, stringify } from "yaml";
import { httpError, plainJson, yaml } from "./answers.ts";

/** One tenant's rule groups: namespace, then group name, then the group as it was posted. */
export type Rules = Map<string, Map<string, unknown>>;

/** Answers `/loki/api/v1/rules[/namespace[/group]]`; `path` is what follows `rules`. */
export async function handleRules(
  rules: Rules,
  tenant: string,
  path: string,
  request: Request,
): Promise<Response> {
  const names = namesIn(path);
  if (!Array.isArray(names)) return names;
  const [namespace, group] = names;
  if (request.method === "POST" && namespace !== undefined && group === undefined)
    return post(rules, namespace, await request.text());
  if (request.method === "DELETE" && namespace !== undefined) return remove(rules, namespace, group);
  if (request.method !== "GET") return httpError(405, "");
  if (rules.size === 0) return none(tenant);
  const wanted = namespace === undefined ? [...rules] : [...rules].filter(([name]) => name === namespace);
  if (wanted.length === 0) return httpError(404, "no rule groups found");
  const all = Object.fromEntries(wanted.map(([name, groups]) => [name, [...groups.values()]]));
  if (group === undefined) return yaml(stringify(all));
  const one = rules.get(namespace ?? "")?.get(group);
  return one === undefined ? httpError(404, "group does not exist") : yaml(stringify(one));
}

/**
 * The names in a path. Loki's router sees it decoded (it does not ask for the encoded one, as Mimir does), sends a path with steps
 * in it elsewhere, and its ruler decodes each part once more (pkg/ruler/base/api.go): a name has to be encoded twice.
 */
function namesIn(path: string): string[] | Response {
  const parts = decodeURIComponent(path)
    .split("/")
    .filter((part) => part !== "");
  if (parts.some((part) => part === "." || part === ".."))
    return new Response(null, { status: 301, headers: { location: "/loki/api/v1/rules" } });
  if (parts.length > 2) return httpError(404, "404 page not found");
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return httpError(400, "invalid URL escape");
  }
}

/** What local rule storage says before the first rule. */
const none = (tenant: string): Response =>
  httpError(
    400,
    `unable to read rule dir /loki/rules/${tenant}: open /loki/rules/${tenant}: no such file or directory`,
  );

const accepted = (): Response => {
  const answer = plainJson('{"status":"success","data":null,"errorType":"","error":""}');
  return new Response(answer.body, { status: 202, headers: answer.headers });
};

function post(rules: Rules, namespace: string, text: string): Response {
  const group: unknown = parseYaml(text);
  const name = typeof group === "object" && group !== null && "name" in group ? group.name : undefined;
  if (typeof name !== "string" || name === "") return httpError(400, "unable to decoded rule group");
  const groups = rules.get(namespace) ?? new Map<string, unknown>();
  rules.set(namespace, groups.set(name, group));
  return accepted();
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function remove(rules: Rules, namespace: string, group: string | undefined): Response {
  const groups = rules.get(namespace);
  const known = group === undefined ? groups !== undefined : groups?.has(group);
  if (!known)
    return httpError(404, group === undefined ? "rule namespace does not exist" : "group does not exist");
  if (group !== undefined) groups?.delete(group);
  if (group === undefined || groups?.size === 0) rules.delete(namespace);
  return accepted();
}
