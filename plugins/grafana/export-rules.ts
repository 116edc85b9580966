import { type ObjectFile, v } from "contextcore";
import { groupSchema, nameHash, PROVISIONING, ruleSchema } from "./alerting.ts";
import { dangling } from "./dangling.ts";
import { toFileText } from "./exact-json.ts";
import { directoryOf, filePaths, readFolderPaths } from "./paths.ts";
import { read, type Server, without } from "./server.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

/** Lists all rules and gives one cursor for each group of them, since only a group knows its interval and order. */
export const exportRules: ReadStep = stepOf({}, (server, _, signal) =>
  tolerant("alert rules", async () => {
    const rules = await read(server.http, v.array(ruleSchema), {
      path: `${PROVISIONING}/alert-rules`,
      signal,
    });
    const groups = Map.groupBy(rules, (rule) => JSON.stringify([rule.folderUID, rule.ruleGroup]));
    if (groups.size === 0) return {};
    const directories = await readFolderPaths(server.http, signal);
    const items = [...groups].flatMap(([key, [rule]]) => {
      if (rule === undefined) return [];
      const directory = directoryOf(directories, rule.folderUID);
      return [{ ...rule, uid: nameHash(key), title: rule.ruleGroup, directory }];
    });
    const paths = filePaths("alerting/rules", items);
    return {
      next: items.map(({ uid, folderUID, ruleGroup }) => ({
        kind: "rule-group",
        folder: folderUID,
        group: ruleGroup,
        path: paths.get(uid) ?? "",
      })),
    };
  }),
);

/** A group as the API takes it back, and beside it as Grafana's file provisioning takes it, which the API does not. */
export const exportRuleGroup: ReadStep = stepOf(
  { folder: v.string(), group: v.string(), path: v.string() },
  (server, cursor, signal) =>
    tolerant(
      "alert rules",
      async () => {
        const place = `${PROVISIONING}/folder/${encodeURIComponent(cursor.folder)}/rule-groups/${encodeURIComponent(cursor.group)}`;
        const group = await read(server.http, groupSchema, { path: place, signal });
        const rules = group.rules.map((rule) => without(rule, "id", "updated"));
        const objects: ObjectFile[] = [
          { path: cursor.path, text: toFileText({ ...group, rules }), unit: "rule-groups" },
          ...(await provisioningFile(server, { place, path: cursor.path }, signal)),
        ];
        const problems = await dangling(
          server.http,
          { what: "Alert rules", item: cursor.group, content: rules },
          signal,
        );
        return { objects, problems };
      },
      cursor.group,
    ),
);

async function provisioningFile(
  { http }: Server,
  { place, path }: { place: string; path: string },
  signal: AbortSignal,
): Promise<ObjectFile[]> {
  const answer = await http.send({ path: `${place}/export`, query: { format: "yaml" }, signal });
  return [{ path: path.replace(/\.json$/, ".yaml"), text: await answer.text(), unit: "provisioning-files" }];
}
