/** How alert rules and their groups are listed: by their own list, by the ruler, folder by folder. */
import { type Cursor, given, objectOf, openObject, PluginError, type Problem, v } from "contextcore";
import { PROVISIONING } from "./by-name.ts";
import { asObject } from "./json.ts";
import { searchReadable } from "./lists.ts";
import { looking, orAbsent, read, readIfThere, readRows, type Server, soundRows } from "./server.ts";

/** The list of all rules, below which each of them is. */
export const RULES = `${PROVISIONING}/alert-rules`;

const ruleSchema = openObject({
  uid: v.optional(v.string(), ""),
  title: v.string(),
  folderUID: v.string(),
  ruleGroup: v.string(),
});

type Rule = v.InferOutput<typeof ruleSchema> & { readonly ruled?: true };

/** Before 9.4 only the ruler lists them. @throws PluginError 404 where there is no alerting of this kind */
export async function readRules(server: Server): Promise<Rule[]> {
  const rules = await orAbsent(readRows(server, ruleSchema, { path: RULES }));
  return rules ?? ruledByAll(server);
}

const ruledSchema = v.pipe(
  v.object({
    grafana_alert: v.object({
      uid: v.string(),
      title: v.string(),
      namespace_uid: v.string(),
      rule_group: v.string(),
    }),
  }),
  v.transform(({ grafana_alert: { uid, title, namespace_uid, rule_group } }) => ({
    uid,
    title,
    folderUID: namespace_uid,
    ruleGroup: rule_group,
    ruled: true as const,
  })),
);

/** As the ruler lists those of all folders. */
async function ruledByAll(server: Server) {
  const request = { path: RULER };
  const groups = Object.values(await read(server, rulerSchema, request)).flat();
  const rows = groups.flatMap((group) => [asObject(group).rules].flat());
  return soundRows(server, ruledSchema, { rows, request });
}

const exportSchema = v.object({ groups: v.optional(v.nullable(v.array(v.unknown()))) });

/** How many groups the export has; `undefined` before 9.5, where that is taken for the uid of a rule. */
export async function countExported(server: Server): Promise<number | undefined> {
  const request = { path: `${RULES}/export`, query: { format: "json" } };
  try {
    return (await readIfThere(server, exportSchema, request))?.groups?.length;
  } catch (error) {
    if (isUnknownRule(error)) return undefined;
    throw error;
  }
}

/** What Grafana before 10 says of a uid that no rule has, with the status 500. */
export const isUnknownRule = (error: unknown): boolean =>
  error instanceof PluginError && /could not find alert rule/i.test(error.message);

/** A group, and the folder that it lies in. */
interface GroupPlace {
  readonly folder: string;
  readonly group: string;
  /** Only the ruler lists it. */
  readonly ruled?: true;
}

/** The group of each rule. */
export const listedGroups = async (server: Server): Promise<GroupPlace[]> =>
  (await readRules(server)).map(({ folderUID: folder, ruleGroup: group, ruled }) => ({
    folder,
    group,
    ...given({ ruled }),
  }));

/** Each group once. */
export const distinct = (places: readonly GroupPlace[]): ReadonlyMap<string, GroupPlace> =>
  new Map(places.map((one) => [JSON.stringify([one.folder, one.group]), one]));

/** Folders in a cursor: the uid and the title of each; and of how many Grafana does not tell even that. */
interface SomeFolders {
  readonly named: readonly (readonly [string, string])[];
  readonly unread: number;
}

const foldersSchema = openObject({
  folders: v.array(v.tuple([v.string(), v.string()])),
  unread: v.optional(v.number(), 0),
});

/** The folders that a cursor names. */
export function foldersIn(cursor: Cursor): SomeFolders {
  const { folders: named, unread } = v.parse(foldersSchema, cursor);
  return { named, unread };
}

/** All folders. */
export async function allFolders(server: Server): Promise<SomeFolders> {
  const { hits, unread } = await searchReadable(looking(server), { type: "dash-folder" });
  return { named: hits.map(({ uid, title }) => [uid, title]), unread };
}

/** What is said of folders that Grafana does not tell. */
export const unreadIn = (folders: number): Problem[] =>
  folders === 0
    ? []
    : [
        {
          kind: "incomplete",
          reason: `Alert rules in folders that Grafana fails to list: ${folders} of those.`,
        },
      ];

const RULER = "/api/ruler/grafana/api/v1/rules";
/** By the title of their folder. */
const rulerSchema = objectOf(v.array(v.unknown()));
const rulerGroupSchema = openObject({ name: v.string() });

/** The groups of some folders, as the ruler lists them. */
export async function groupsIn(server: Server, cursor: Cursor): Promise<GroupPlace[]> {
  const found: GroupPlace[] = [];
  for (const [folder, title] of foldersIn(cursor).named) {
    // Before 10 a folder is known by its title.
    const rows = (await ruledIn(server, folder)) ?? (title === "" ? [] : await ruledIn(server, title)) ?? [];
    for (const { name } of rows) found.push({ folder, group: name });
  }
  return found;
}

async function ruledIn(server: Server, folder: string) {
  const request = { path: `${RULER}/${encodeURIComponent(folder)}` };
  const groups = await readIfThere(server, rulerSchema, request);
  return groups && soundRows(server, rulerGroupSchema, { rows: Object.values(groups).flat(), request });
}
