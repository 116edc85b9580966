import { openObject, PluginError, parseYaml, type RestoreAnswer, type RestoreBatch, v } from "contextcore";
import { ifOffered } from "../server/api.ts";
import type { Server } from "../server/server.ts";
import { checkShape, readJson } from "../shape.ts";
import { refuse } from "./metadata.ts";

const COMMENT = /^# namespace: (".*")$/m;
const group = openObject({ name: v.string() });

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
  const place = `${prefix}/config/v1/rules/${encodeURIComponent(readJson(file, v.string(), quoted))}`;
  return putBack(
    server,
    { text, get: `${place}/${encodeURIComponent(name)}`, post: place, unit: "rules" },
    signal,
  );
}

/** Puts the tenant's Alertmanager configuration back, unless there is one. */
export function writeAlertmanager(
  server: Server,
  { lines: [text = ""] }: RestoreBatch,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const place = "/api/v1/alerts";
  return putBack(server, { text, get: place, post: place, unit: "alertmanager" }, signal);
}

interface YamlObject {
  readonly text: string;
  /** Where it is read, and where it is written. */
  readonly get: string;
  readonly post: string;
  readonly unit: string;
}

async function putBack(
  server: Server,
  { text, get, post, unit }: YamlObject,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  const there = await ifOffered(server.http.send({ path: get, signal }).then((answer) => answer.text()));
  if (there !== undefined && Bun.deepEquals(parseYaml(there), parseYaml(text))) {
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
