import {
  checkShape,
  isKind,
  objectOf,
  openObject,
  PluginError,
  parseShape,
  parseYaml,
  type RestoreAnswer,
  type RestoreBatch,
  v,
} from "contextcore";
import { ifOffered } from "../server/api.ts";
import type { Server } from "../server/server.ts";
import { refuse } from "./extras.ts";

const COMMENT = /^# namespace: (".*")$/m;
const group = openObject({ name: v.string() });
const namespaces = v.nullable(objectOf(v.array(group)));

/** Puts one rule group back into its namespace. A group of its name that is there already stays as it is. */
export async function writeRuleGroup(
  server: Server,
  { file, lines }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const [text = ""] = lines;
  const { prefix } = await server.identity(signal);
  const { name } = checkShape(file, group, parseYaml(text));
  const [, quoted] = COMMENT.exec(text) ?? [];
  if (quoted === undefined) throw new PluginError("invalid", `${file} does not name its namespace`);
  const namespace = parseShape(file, v.string(), quoted);
  const rules = `${prefix}/config/v1/rules`;
  const post = `${rules}/${encodeURIComponent(namespace)}`;
  const get = `${post}/${encodeURIComponent(name)}`;
  const there = [namespace, name].some(isDots)
    ? await groupInList(server, { rules, namespace, name }, signal)
    : await readYaml(server, get, signal);
  try {
    return await putBack(server, { text, there, get, post, unit: "rules" }, signal);
  } catch (error) {
    if (!isDots(namespace) || !isKind(error, "not-found")) throw error;
    return refuse([text], `in a URL the namespace ${namespace} does not reach the server (${error.message})`);
  }
}

/** A name that a proxy before the server may take for a step in a path. */
const isDots = (name: string): boolean => name === "." || name === "..";

interface Named {
  readonly rules: string;
  readonly namespace: string;
  readonly name: string;
}

/** The group as the list of all has it: asked for by a path with steps in it, something else could answer. */
async function groupInList(
  server: Server,
  { rules, namespace, name }: Named,
  signal: AbortSignal,
): Promise<unknown> {
  const found = (await readYaml(server, rules, signal)) ?? null;
  const all = checkShape(`${server.title}: ${rules}`, namespaces, found) ?? {};
  const groups = Object.hasOwn(all, namespace) ? all[namespace] : undefined;
  return groups?.find((one) => one.name === name);
}

/** Puts the tenant's Alertmanager configuration back, unless there is one. */
export async function writeAlertmanager(
  server: Server,
  { lines: [text = ""] }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const post = "/api/v1/alerts";
  const there = await readYaml(server, post, signal);
  return putBack(server, { text, there, get: post, post, unit: "alertmanager" }, signal);
}

/** `undefined`: there is none. */
const readYaml = (server: Server, path: string, signal: AbortSignal): Promise<unknown> =>
  ifOffered(server.http.send({ path, signal }).then(async (answer) => parseYaml(await answer.text())));

interface YamlObject {
  readonly text: string;
  /** What the server has in its place. */
  readonly there: unknown;
  /** Where it is read, and where it is written. */
  readonly get: string;
  readonly post: string;
  readonly unit: string;
}

async function putBack(
  server: Server,
  { text, there, get, post, unit }: YamlObject,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  if (there !== undefined && Bun.deepEquals(there, parseYaml(text))) {
    return { written: {}, existing: { [unit]: 1 } };
  }
  if (there !== undefined)
    return refuse([text], `the server has another one at ${get}, which is left as it is`);
  const headers = { "Content-Type": "application/yaml" };
  try {
    await (await server.http.send({ method: "POST", path: post, headers, body: text, signal })).text();
    return { written: { [unit]: 1 } };
  } catch (error) {
    if (error instanceof PluginError && error.kind === "invalid") return refuse([text], error.message);
    throw error;
  }
}
