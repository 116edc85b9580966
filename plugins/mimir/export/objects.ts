import {
  checkShape,
  type ObjectFile,
  objectOf,
  openObject,
  type Problem,
  parseYaml,
  type Step,
  toYaml,
  treePaths,
  v,
} from "contextcore";
import { ifOffered } from "../server/api.ts";
import type { Server } from "../server/server.ts";

const group = openObject({ name: v.string() });
const namespacesSchema = v.nullable(objectOf(v.array(group)));
type Namespaces = NonNullable<v.InferOutput<typeof namespacesSchema>>;

const loadedRules = v.object({ groups: v.array(openObject({ name: v.string() })) });

/**
 * `mimir/rules/<namespace>/<group>.yaml`: each group as the ruler's configuration API takes it back. A Prometheus keeps its
 * rules in files of its own; what it has loaded is exported for people to read.
 */
export async function rules(server: Server, signal: AbortSignal): Promise<Step> {
  const { flavour, prefix } = await server.identity(signal);
  if (flavour !== "prometheus") {
    const path = `${prefix}/config/v1/rules`;
    const source = await ifOffered(server.http.send({ path, signal }).then((answer) => answer.text()));
    if (source !== undefined) {
      const found = checkShape(`${server.title}: ${path}`, namespacesSchema, parseYaml(source));
      return { objects: groupFiles(found ?? {}) };
    }
  }
  return loaded(server, signal);
}

function groupFiles(found: Namespaces): ObjectFile[] {
  const namespaces = Object.entries(found);
  const nodes = namespaces.flatMap(([namespace, groups]) => [
    { id: idOf(namespace), title: namespace, parent: "" },
    ...groups.map(({ name }) => ({ id: idOf(namespace, name), title: name, parent: idOf(namespace) })),
  ]);
  const paths = treePaths(nodes);
  return namespaces.flatMap(([namespace, groups]) =>
    groups.map((one) => ({
      path: `mimir/rules/${paths.get(idOf(namespace, one.name))?.join("/")}.yaml`,
      text: `# namespace: ${JSON.stringify(namespace)}\n${toYaml(one)}`,
      unit: "rules",
    })),
  );
}

/** Of a namespace, or of a group in it. Names may hold anything, so joined by a space two of them could be one. */
const idOf = (...names: readonly string[]): string => JSON.stringify(names);

async function loaded(server: Server, signal: AbortSignal): Promise<Step> {
  const answer = await ifOffered(server.api(loadedRules, { path: "/api/v1/rules", signal }));
  const groups = answer?.data.groups ?? [];
  if (groups.length === 0) return {};
  const problem: Problem = {
    kind: "lossy",
    reason:
      "The rules are kept only as the server has loaded them (mimir/rules.json): it has no API that takes them back. Keep its rule files.",
    items: groups.map(({ name }) => name),
  };
  const text = `${JSON.stringify({ groups }, null, 2)}\n`;
  return { objects: [{ path: "mimir/rules.json", text, unit: "rules" }], problems: [problem] };
}

/** `mimir/alertmanager.yaml`: the tenant's Alertmanager configuration and templates, as the API gives and takes them. */
export async function alertmanager(server: Server, signal: AbortSignal): Promise<Step> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus") return {};
  const text = await ifOffered(
    server.http.send({ path: "/api/v1/alerts", signal }).then((answer) => answer.text()),
  );
  if (text === undefined || text.trim() === "") return {};
  return { objects: [{ path: "mimir/alertmanager.yaml", text, unit: "alertmanager" }] };
}
