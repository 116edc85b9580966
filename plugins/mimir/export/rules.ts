import { type ObjectFile, type Problem, parseYaml, type Step, safeFileName, toYaml, v } from "contextcore";
import { ifOffered } from "../server/api.ts";
import type { Server } from "../server/server.ts";
import { checkShape, entriesOf } from "../shape.ts";

const group = v.looseObject({ name: v.string() });
const namespaces = v.nullable(entriesOf(v.array(group)));
type Namespaces = NonNullable<v.InferOutput<typeof namespaces>>;

const loadedRules = v.object({ groups: v.array(v.looseObject({ name: v.string() })) });

/**
 * `mimir/rules/<namespace>/<group>.yaml`: each group as the ruler's configuration API takes it back. A Prometheus has its
 * rules in files of its own; what it has loaded is kept to be read.
 */
export async function rules(server: Server, signal: AbortSignal): Promise<Step> {
  const { flavour, prefix } = await server.identity(signal);
  if (flavour !== "prometheus") {
    const path = `${prefix}/config/v1/rules`;
    const source = await ifOffered(server.http.send({ path, signal }).then((answer) => answer.text()));
    if (source !== undefined) {
      const found = checkShape(`${server.title}: ${path}`, namespaces, parseYaml(source));
      return { objects: groupFiles(found ?? []) };
    }
  }
  return loaded(server, signal);
}

function groupFiles(found: Namespaces): ObjectFile[] {
  return found.flatMap(([namespace, some]) =>
    some.map((one) => ({
      path: `mimir/rules/${fileName(namespace)}/${fileName(one.name)}.yaml`,
      text: `# namespace: ${JSON.stringify(namespace)}\n${toYaml(one)}`,
      unit: "rules",
    })),
  );
}

/** A name that had to be changed to be a file's gets a mark of the original, so that no two share one. */
function fileName(name: string): string {
  const safe = safeFileName(name);
  return safe === name ? safe : `${safe}-${Bun.hash.crc32(name).toString(16)}`;
}

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
