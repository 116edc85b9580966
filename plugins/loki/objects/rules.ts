/** Rule groups: one readable file per group, in the form that the ruler's API accepts. */
import {
  checkShape,
  isKind,
  type ObjectComparison,
  type ObjectFile,
  openObject,
  PluginError,
  type Problem,
  parseYaml,
  type RestoreAnswer,
  type RestoreBatch,
  type Step,
  safeFileName,
  toYaml,
  v,
  whatDiffers,
} from "contextcore";
import type { Api } from "../server/api.ts";

const FOLDER = "loki/rules/";

/** Whether a file of a snapshot is a rule group of Loki's. @param path within the snapshot */
export const isRuleFile = (path: string): boolean => path.startsWith(FOLDER);

/** The ruler's API; `/<namespace>[/<group>]` may follow. */
const RULES_PATH = "/loki/api/v1/rules";

/** Every rule group as one file, `loki/rules/<namespace>/<group>.yaml`, the namespace in a comment above it. */
export async function exportRules(api: Api, signal: AbortSignal): Promise<Step> {
  const text = await rulesText(api, signal);
  if (text === "none") return {};
  if (text === undefined) return { problems: [NO_RULER] };
  const objects: ObjectFile[] = [];
  const taken = new Set<string>();
  for (const [namespace, given] of Object.entries(
    checkShape(`loki: the answer of ${RULES_PATH}`, namespaces, parseYaml(text)),
  )) {
    for (const group of groupsOf(given)) {
      const path = freePath(`${FOLDER}${safeFileName(namespace)}/${safeFileName(group.name)}`, taken);
      objects.push({ path, text: toFile(namespace, group), unit: "rules" });
    }
  }
  return { objects };
}

const namespaces = v.custom<object>(
  (input) => typeof input === "object" && input !== null,
  "not namespaces of rule groups",
);
const rule = openObject({ expr: v.string() });
const groups = v.array(openObject({ name: v.string(), rules: v.array(rule) }));

/** Unchanged: a schema would reorder the members, and people read these rules. */
function groupsOf(given: unknown): readonly { readonly name: string }[] {
  if (v.is(groups, given)) return given;
  throw new PluginError("invalid", `loki: the answer of ${RULES_PATH} holds something that is no rule group`);
}

const NO_RULER: Problem = {
  kind: "not-contained",
  reason: "rules: this Loki shows none (its ruler's API is off, or cannot be reached)",
};

/** The rules as YAML; `"none"`: there are none; `undefined`: there is no such API. */
async function rulesText(api: Api, signal: AbortSignal): Promise<string | undefined> {
  const answer = await api.send({ path: RULES_PATH, signal, accept: [400, 404] });
  const text = await answer.text();
  if (answer.status === 200) return text;
  // Local rule storage answers 400 before the first rule (measured), others 404 (pkg/ruler/base/api.go).
  if (/unable to read rule dir .*: no such file or directory|no rule groups found/.test(text)) return "none";
  if (answer.status === 404) return undefined;
  throw new PluginError("invalid", `loki: ${RULES_PATH} answered 400`, { status: 400 });
}

/** File names may differ from group names, and file systems may ignore case. */
function freePath(path: string, taken: Set<string>): string {
  let free = path;
  for (let copy = 2; taken.has(free.toLowerCase()); copy += 1) free = `${path} (${copy})`;
  taken.add(free.toLowerCase());
  return `${free}.yaml`;
}

/** The namespace is written in the file, because a path cannot hold every name. */
const toFile = (namespace: string, group: unknown): string =>
  `# namespace: ${JSON.stringify(namespace)}\n${toYaml(group)}`;

/** @throws PluginError `invalid` when the file is not one of {@link exportRules} */
function readRuleFile(text: string): { namespace: string; body: string } {
  const [, namespace] = /^# namespace: (".*")\n/.exec(text) ?? [];
  if (namespace === undefined)
    throw new PluginError("invalid", "loki: a rule file does not begin with its namespace");
  return { namespace: JSON.parse(namespace), body: text.slice(text.indexOf("\n") + 1) };
}

/** Compares the group from a file of `loki/rules/` with the one of its name that the server has. */
export async function compareRule(api: Api, text: string, signal: AbortSignal): Promise<ObjectComparison> {
  const { name, there, what } = await groupBeside(api, text, signal);
  if (there === undefined) return { name, state: "missing" };
  return what === undefined ? { name, state: "equal" } : { name, state: "differs", what };
}

/** A group from a file, what the server has in its place, and what differs. */
async function groupBeside(api: Api, text: string, signal: AbortSignal) {
  const { namespace, body } = readRuleFile(text);
  const saved = checkShape("loki: a rule file", openObject({ name: v.string() }), parseYaml(body));
  const path = `${RULES_PATH}/${segment(namespace)}`;
  const there = await readGroup(api, `${path}/${segment(saved.name)}`, signal);
  const isObject = typeof there === "object" && there !== null;
  const what = there === undefined ? undefined : whatDiffers(saved, isObject ? there : {});
  return { name: `rule group ${namespace}/${saved.name}`, path, body, there, what };
}

/**
 * Restores the group from a file of `loki/rules/`. A group of its name that differs stays, or is replaced whole.
 * @param text the file as {@link exportRules} made it
 * @throws PluginError for what may work later, or is not about this group
 */
export async function restoreRule(
  api: Api,
  text: string,
  { existing, signal }: Pick<RestoreBatch, "existing"> & { readonly signal: AbortSignal },
): Promise<RestoreAnswer> {
  try {
    const { name, path, body, there, what } = await groupBeside(api, text, signal);
    if (there !== undefined && what === undefined) return { written: {}, existing: { rules: 1 } };
    const differing = what === undefined ? {} : { differing: [{ name, what }] };
    if (what !== undefined && existing !== "replace") return { written: {}, ...differing };
    const headers = { "Content-Type": "application/yaml" };
    await api.send({ method: "POST", path, headers, body, signal });
    return { written: { rules: 1 }, ...differing };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    // Rules in local files are read-only: the API answers 500, and retrying does not help (pkg/ruler/rulestore/local).
    const reason = /rule dir|rule local store/.test(error.message) ? LOCAL_RULES : error.message;
    if (reason !== LOCAL_RULES && !isKind(error, "invalid", "not-found", "refused")) throw error;
    return { written: {}, rejected: [{ line: text, reason }] };
  }
}

/**
 * A name in a path, encoded twice: Loki's router decodes the whole path before splitting it, and its ruler decodes each part
 * again (pkg/ruler/base/api.go). So `a/b` stays one name, and no URL parser removes `.` and `..` as path steps.
 */
const segment = (name: string): string =>
  encodeURIComponent(encodeURIComponent(name).replace(/^\.{1,2}$/, (dots) => dots.replaceAll(".", "%2E")));

const LOCAL_RULES =
  "this Loki keeps its rules in local files, which its API cannot write: put the file into ruler_storage.local.directory, under the tenant's name";

/** `undefined`: there is none. Before the first rule, local files answer 400, others 404 (see {@link exportRules}). */
async function readGroup(api: Api, path: string, signal: AbortSignal): Promise<unknown> {
  const answer = await api.send({ path, signal, accept: [400, 404] });
  const text = await answer.text();
  return answer.status === 200 ? parseYaml(text) : undefined;
}
