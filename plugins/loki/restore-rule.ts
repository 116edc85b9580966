/** Puts one rule group back into its namespace. */
import { isKind, PluginError, parseYaml, type RestoreAnswer, v } from "contextcore";
import { type Api, checked } from "./api.ts";
import { RULES_PATH, readRuleFile } from "./rules.ts";

/**
 * Writes the group of a file of `loki/rules/`, unless there is one of its name: that one stays as it is, since the API would put
 * the one in place of the other.
 * @param text the file as {@link exportRules} made it
 * @throws PluginError for what may work later, or is not about this group
 */
export async function restoreRule(api: Api, text: string, signal: AbortSignal): Promise<RestoreAnswer> {
  const { namespace, body } = readRuleFile(text);
  const { name } = checked(v.looseObject({ name: v.string() }), parseYaml(body), "a rule file");
  const path = `${RULES_PATH}/${encodeURIComponent(namespace)}`;
  try {
    const there = await readGroup(api, `${path}/${encodeURIComponent(name)}`, signal);
    if (there !== undefined) return beside(text, Bun.deepEquals(there, parseYaml(body)));
    const headers = { "Content-Type": "application/yaml" };
    await api.send({ method: "POST", path, headers, body, signal });
    return { written: { rules: 1 } };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    // Rules in local files are read only: the API says 500, and no second attempt will change it (pkg/ruler/rulestore/local).
    const reason = /rule dir|rule local store/.test(error.message) ? LOCAL_RULES : error.message;
    if (reason !== LOCAL_RULES && !isKind(error, "invalid", "not-found", "refused")) throw error;
    return { written: {}, rejected: [{ line: text, reason }] };
  }
}

const LOCAL_RULES =
  "this Loki keeps its rules in local files, which its API cannot write: put the file into ruler_storage.local.directory, under the tenant's name";

const ANOTHER = "the server has another group of this name in this namespace, which is left as it is";

const beside = (line: string, isSame: boolean): RestoreAnswer =>
  isSame ? { written: {}, existing: { rules: 1 } } : { written: {}, rejected: [{ line, reason: ANOTHER }] };

/** `undefined`: there is none. Before the first rule, local files answer 400, others 404 (see {@link exportRules}). */
async function readGroup(api: Api, path: string, signal: AbortSignal): Promise<unknown> {
  const answer = await api.send({ path, signal, accept: [400, 404] });
  const text = await answer.text();
  return answer.status === 200 ? parseYaml(text) : undefined;
}
