import { openObject, type Problem, v, whatDiffers } from "contextcore";
import { PROVISIONING } from "../by-name.ts";
import { dangling } from "../dangling.ts";
import { asObject, asText, type Fields, filledIn, toFileText, without } from "../json.ts";
import { type ObjectKind, type Place, readOne } from "../kind.ts";
import { inHalves } from "../pages.ts";
import { putBack } from "../put.ts";
import { putGroup } from "../put-rules.ts";
import { describedIn, routing } from "../references.ts";
import {
  allFolders,
  countExported,
  distinct,
  foldersIn,
  groupsIn,
  listedGroups,
  RULES,
  readRules,
  unreadIn,
} from "../rule-lists.ts";
import { isDots, orAbsent, read, readIfThere, type Server, soundRows } from "../server.ts";
import { headersFor, nameHash } from "./alerting.ts";
import { dataSources } from "./data-sources.ts";
import { folders } from "./folders.ts";
import { policies } from "./policies.ts";

const pathOf = (folder: string, group: string): string =>
  `${PROVISIONING}/folder/${encodeURIComponent(folder)}/rule-groups/${encodeURIComponent(group)}`;

const groupSchema = openObject({
  title: v.string(),
  folderUid: v.string(),
  interval: v.unknown(),
  rules: v.array(openObject({ uid: v.optional(v.string(), ""), provenance: v.optional(v.string()) })),
});

/** Rules are stored by group, because only a group has an interval and the order of its rules. */
export const rules: ObjectKind = {
  name: "rule",
  plural: "alert rules",
  singular: "alert rule group",
  unit: "rule-groups",
  folder: "alerting/rules",
  needs: [folders, dataSources, policies],
  async count(server) {
    return (await countExported(server)) ?? distinct(await listedGroups(server)).size;
  },
  inventory: { unit: "alert-rules", count: async (server) => (await readRules(server)).length },

  async list(server, cursor) {
    const named = cursor.folders === undefined ? await listedGroups(server) : await groupsIn(server, cursor);
    return {
      problems: cursor.folders === undefined ? [] : unreadIn(foldersIn(cursor).unread),
      items: [...distinct(named)].map(([key, place]) => {
        const { folder, group } = place;
        return { uid: nameHash(key), title: group, folderUid: folder, cursor: { ...place } };
      }),
    };
  },
  /** The ruler lists them folder by folder. */
  async split(server, cursor) {
    if (cursor.folders === undefined)
      await groupsIn(server, { folders: [["contextcore-no-such-folder", ""]] });
    const { named, unread } = cursor.folders === undefined ? await allFolders(server) : foldersIn(cursor);
    const [only, ...others] = named;
    if (cursor.folders !== undefined && others.length === 0)
      return { items: [`alert rules in the folder ${only?.[1]}`] };
    const [left, right] = inHalves(named);
    return {
      cursors: [
        { ...cursor, folders: left, unread },
        { ...cursor, folders: right, unread: 0 },
      ],
    };
  },

  one: readOne(
    "rule-group",
    {
      folder: v.string(),
      group: v.string(),
      only: v.optional(v.picklist(["group", "file"])),
      ruled: v.optional(v.boolean()),
    },
    {
      label: ({ group, only }) => (only === "file" ? `${group}, in the form for people` : group),
      /** Apart from each other: what is restored, and the file for people. */
      split: (cursor) =>
        cursor.only === undefined ? { cursors: ["group", "file"].map((only) => ({ ...cursor, only })) } : {},
      /**
       * In the form that the API accepts, with a file beside it in the form of Grafana's file provisioning, which the API does
       * not accept.
       */
      async read(server, { folder, group, only, ruled }) {
        const place = pathOf(folder, group);
        const reading = only === "file" ? undefined : groupAt(server, place, group);
        return {
          problems: [],
          ...(await (ruled === true ? orNotGiven(reading, group) : reading)),
          ...(only === "group" ? {} : await fileAt(server, place)),
        };
      },
    },
  ),

  describe(group) {
    const inside = Array.isArray(group.rules) ? group.rules.map(asObject) : [];
    const whole = describedIn(asText(group.folderUid), group);
    return {
      ...whole,
      uids: inside.map(({ uid }) => asText(uid)),
      titles: [...whole.titles, ...inside.map(({ title }) => asText(title))],
      refers: [...whole.refers, ...routing(group)],
    };
  },

  place: placeOf,
  plain: ({ title, folderUid, interval, rules }) => ({
    title,
    "its folder": folderUid,
    interval: Number(interval),
    rules: rulesIn(rules).map(plainRule),
  }),

  lacking(saved, held) {
    const [all, there] = [plainRules(saved), plainRules(held)];
    const isPart = there.length < all.length && there.every((rule) => all.some((one) => isAlike(one, rule)));
    const alone = (group: Fields): Fields => ({ ...rules.plain(group), rules: [] });
    if (!isPart || !isAlike(alone(saved), alone(held))) return undefined;
    return `${all.length - there.length} of its ${all.length} rules`;
  },

  put: putBack(groupSchema, (restoring, group) => {
    const { folderUid, title } = group;
    return putGroup(restoring, rules, {
      group,
      asGroup: (some) => ({ method: "PUT", path: pathOf(folderUid, title), json: { ...group, rules: some } }),
      asRule: (json) => ({ path: RULES, json }),
      asChange: (json) => ({
        method: "PUT",
        path: `${RULES}/${encodeURIComponent(asText(json.uid))}`,
        json,
      }),
      headers: ({ provenance }) => headersFor(provenance),
      isThere: async (uid) => (await readRules(restoring)).some((rule) => rule.uid === uid),
    });
  }),
};

/** Grafana 9.0 to 9.2 lists groups, and gives none. */
async function orNotGiven<Found>(reading: Promise<Found> | undefined, group: string) {
  const reason = "This Grafana lists alert rule groups, and gives them only from 9.3 on.";
  const problems: Problem[] = [{ kind: "incomplete", reason, items: [group] }];
  return reading && ((await orAbsent(reading)) ?? { problems });
}

const listedSchema = openObject({
  title: v.string(),
  folderUid: v.string(),
  interval: v.unknown(),
  rules: v.array(v.unknown()),
});

async function groupAt(server: Server, path: string, item: string) {
  const group = await read(server, listedSchema, { path });
  const rows = soundRows(server, openObject({}), { rows: group.rules, request: { path } });
  const content = rows.map((rule) => without(rule, "id", "updated"));
  return {
    text: toFileText({ ...group, rules: content }),
    problems: await dangling(server, { what: "Alert rules", item, content }),
  };
}

/** Grafana before 9.5 has no such form. */
async function fileAt({ http, signal }: Server, path: string) {
  const request = { path: `${path}/export`, query: { format: "yaml" }, signal };
  const file = await orAbsent(http.send(request));
  if (file === undefined) return {};
  return { beside: { extension: ".yaml", text: await file.text(), unit: "provisioning-files" } };
}

const rulesIn = (rules: unknown): Fields[] => (Array.isArray(rules) ? rules.map(asObject) : []);

/** A rule without its place, which is its group's, and without what the server sets. */
const plainRule = (rule: Fields): Fields =>
  filledIn(without(rule, "id", "updated", "orgID", "provenance", "ruleGroup", "folderUID"));

const plainRules = (group: Fields): Fields[] => rulesIn(group.rules).map(plainRule);

const isAlike = (saved: Fields, held: Fields): boolean => whatDiffers(saved, held) === undefined;

/** The group of this name in this folder; if there is none, the one in which one of its rules is now. */
function placeOf(server: Server): Place {
  let all: ReturnType<typeof readRules> | undefined;
  return async (group) => {
    all ??= readRules(server);
    const uids = new Set(rulesIn(group.rules).map(({ uid }) => asText(uid)));
    const rows = await all;
    const first =
      rows.find((rule) => rule.folderUID === group.folderUid && rule.ruleGroup === group.title) ??
      rows.find(({ uid }) => uid !== "" && uids.has(uid));
    if (first === undefined) return undefined;
    const { folderUID, ruleGroup } = first;
    const inGroup = rows.filter((rule) => rule.folderUID === folderUID && rule.ruleGroup === ruleGroup);
    return {
      title: ruleGroup,
      folderUid: folderUID,
      interval: group.interval,
      rules: inGroup,
      ...(await whole(server, folderUID, ruleGroup)),
    };
  };
}

/**
 * Reads a whole group, because only it has the interval and the order of its rules. `undefined` for a name that cannot be part
 * of a URL: such a group is taken from the list.
 */
async function whole(server: Server, folder: string, group: string): Promise<Fields | undefined> {
  if (isDots(folder) || isDots(group)) return undefined;
  return readIfThere(server, groupSchema, { path: pathOf(folder, group) });
}
