import {
  checkShape,
  isKind,
  type ObjectComparison,
  objectOf,
  openObject,
  PluginError,
  parseShape,
  parseYaml,
  type RestoreAnswer,
  type RestoreBatch,
  type RestoreLine,
  v,
  whatDiffers,
} from "contextcore";
import { ifOffered } from "../server/api.ts";
import type { Server } from "../server/server.ts";
import { refuse } from "./extras.ts";

const COMMENT = /^# namespace: (".*")$/m;
const group = openObject({ name: v.string() });
const namespaces = v.nullable(objectOf(v.array(group)));

/** An object of a snapshot, and what the server has in its place. */
interface YamlObject {
  readonly text: string;
  readonly saved: object;
  /** What the server has in its place; `undefined`: nothing. */
  readonly there: unknown;
  /** Where it is written. */
  readonly post: string;
  readonly unit: string;
  /** What people call it. */
  readonly name: string;
}

async function ruleGroup(server: Server, { file, line: text }: RestoreLine, signal: AbortSignal) {
  const { prefix } = await server.identity(signal);
  const saved = checkShape(file, group, parseYaml(text));
  const { name } = saved;
  const [, quoted] = COMMENT.exec(text) ?? [];
  if (quoted === undefined) throw new PluginError("invalid", `${file} does not name its namespace`);
  const namespace = parseShape(file, v.string(), quoted);
  const rules = `${prefix}/config/v1/rules`;
  const post = `${rules}/${encodeURIComponent(namespace)}`;
  const get = `${post}/${encodeURIComponent(name)}`;
  const there = [namespace, name].some(isDots)
    ? await groupInList(server, { rules, namespace, name }, signal)
    : await readYaml(server, get, signal);
  const found: YamlObject = {
    text,
    saved,
    there,
    post,
    unit: "rules",
    name: `rule group ${namespace}/${name}`,
  };
  return { ...found, namespace };
}

/** Puts one rule group back into its namespace. One of its name that differs stays as it is, or is replaced whole. */
export async function writeRuleGroup(
  server: Server,
  batch: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const { namespace, ...object } = await ruleGroup(server, lineOf(batch), signal);
  try {
    return await putBack(server, object, batch, signal);
  } catch (error) {
    if (!isDots(namespace) || !isKind(error, "not-found")) throw error;
    const reason = `in a URL the namespace ${namespace} does not reach the server (${error.message})`;
    return refuse([object.text], reason);
  }
}

const lineOf = ({ file, lines: [line = ""] }: RestoreBatch): RestoreLine => ({ file, line });

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

const ALERTS = "/api/v1/alerts";

const alertmanager = async (
  server: Server,
  { file, line: text }: RestoreLine,
  signal: AbortSignal,
): Promise<YamlObject> => ({
  text,
  saved: checkShape(file, openObject({}), parseYaml(text)),
  there: await readYaml(server, ALERTS, signal),
  post: ALERTS,
  unit: "alertmanager",
  name: "Alertmanager configuration",
});

/** Puts the tenant's Alertmanager configuration back. One that differs stays as it is, or is replaced. */
export async function writeAlertmanager(
  server: Server,
  batch: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  return putBack(server, await alertmanager(server, lineOf(batch), signal), batch, signal);
}

/** Compares rule groups and the Alertmanager's configuration with what the server has in their place. */
export async function compareObjects(
  server: Server,
  objects: readonly RestoreLine[],
  signal: AbortSignal,
): Promise<(ObjectComparison | undefined)[]> {
  const compared: (ObjectComparison | undefined)[] = [];
  for (const object of objects) {
    const read = object.file.startsWith("mimir/rules/")
      ? ruleGroup
      : object.file === "mimir/alertmanager.yaml"
        ? alertmanager
        : undefined;
    compared.push(read && comparisonOf(await read(server, object, signal)));
  }
  return compared;
}

function comparisonOf({ name, saved, there }: YamlObject): ObjectComparison {
  if (there === undefined) return { name, state: "missing" };
  const what = differenceOf(saved, there);
  return what === undefined ? { name, state: "equal" } : { name, state: "differs", what };
}

const differenceOf = (saved: object, there: unknown): string | undefined =>
  whatDiffers(saved, typeof there === "object" && there !== null ? there : {});

/** `undefined`: there is none. */
const readYaml = (server: Server, path: string, signal: AbortSignal): Promise<unknown> =>
  ifOffered(server.http.send({ path, signal }).then(async (answer) => parseYaml(await answer.text())));

async function putBack(
  server: Server,
  { text, saved, there, post, unit, name }: YamlObject,
  { existing }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const what = there === undefined ? undefined : differenceOf(saved, there);
  if (there !== undefined && what === undefined) return { written: {}, existing: { [unit]: 1 } };
  const differing = what === undefined ? {} : { differing: [{ name, what }] };
  if (what !== undefined && existing !== "replace") return { written: {}, ...differing };
  const headers = { "Content-Type": "application/yaml" };
  try {
    await (await server.http.send({ method: "POST", path: post, headers, body: text, signal })).text();
    return { written: { [unit]: 1 }, ...differing };
  } catch (error) {
    if (error instanceof PluginError && error.kind === "invalid") return refuse([text], error.message);
    throw error;
  }
}
