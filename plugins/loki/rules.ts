/** Rule groups: one readable file a group, in the form in which the ruler's API takes it back. */
import {
  isKind,
  type ObjectFile,
  PluginError,
  parseYaml,
  type Step,
  safeFileName,
  toYaml,
} from "contextcore";
import type { Api } from "./api.ts";

const FOLDER = "loki/rules/";

export const isRuleFile = (path: string): boolean => path.startsWith(FOLDER);

/** A server without a ruler, or without rules, has none. */
export async function exportRules(api: Api, signal: AbortSignal): Promise<Step> {
  const objects: ObjectFile[] = [];
  const taken = new Set<string>();
  for (const [namespace, groups] of Object.entries(await readRules(api, signal))) {
    for (const group of groups) {
      const name = nameOf(group);
      const path = freePath(`${FOLDER}${safeFileName(namespace)}/${safeFileName(name)}`, taken);
      objects.push({ path, text: toFile(namespace, group), unit: "rules" });
    }
  }
  return { objects };
}

async function readRules(
  api: Api,
  signal: AbortSignal,
): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const text = await rulesText(api, signal);
  const parsed = text === undefined ? {} : parseYaml(text);
  if (typeof parsed !== "object" || parsed === null) return {};
  return Object.fromEntries(
    Object.entries(parsed).map(([namespace, groups]) => [namespace, Array.isArray(groups) ? groups : []]),
  );
}

async function rulesText(api: Api, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await (await api.send({ path: "/loki/api/v1/rules", signal })).text();
  } catch (error) {
    // Local rule storage answers 400 before the first rule; no rule groups and no ruler at all are 404.
    if (isKind(error, "not-found")) return undefined;
    if (error instanceof PluginError && /unable to read rule dir/.test(error.message)) return undefined;
    throw error;
  }
}

const nameOf = (group: unknown): string =>
  typeof group === "object" && group !== null && "name" in group ? String(group.name) : "group";

/** File names may differ from names, and file systems may not tell case apart. */
function freePath(path: string, taken: Set<string>): string {
  let free = path;
  for (let copy = 2; taken.has(free.toLowerCase()); copy += 1) free = `${path} (${copy})`;
  taken.add(free.toLowerCase());
  return `${free}.yaml`;
}

/** The namespace stands in the file, since a path cannot hold every name. */
const toFile = (namespace: string, group: unknown): string =>
  `# namespace: ${JSON.stringify(namespace)}\n${toYaml(group)}`;

/** @throws PluginError `invalid` when the file is not one of {@link exportRules} */
export function readRuleFile(text: string): { namespace: string; body: string } {
  const [, namespace] = /^# namespace: (".*")\n/.exec(text) ?? [];
  if (namespace === undefined)
    throw new PluginError("invalid", "loki: a rule file does not begin with its namespace");
  return { namespace: JSON.parse(namespace), body: text.slice(text.indexOf("\n") + 1) };
}
