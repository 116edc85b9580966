import { openObject, v, whatDiffers } from "contextcore";
import { dangling } from "../dangling.ts";
import { asObject, asText, type Fields, filledIn, toFileText, without } from "../json.ts";
import { type ObjectKind, type Place, readOne } from "../kind.ts";
import { putBack } from "../put.ts";
import { putGroup } from "../put-rules.ts";
import { describedIn, routing } from "../references.ts";
import { isDots, read, readIfThere, type Server } from "../server.ts";
import { headersFor, nameHash, PROVISIONING } from "./alerting.ts";
import { dataSources } from "./data-sources.ts";
import { folders } from "./folders.ts";
import { policies } from "./policies.ts";

const RULES = `${PROVISIONING}/alert-rules`;

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
    const request = { path: `${RULES}/export`, query: { format: "json" } };
    return (await readIfThere(server, exportSchema, request))?.groups?.length ?? 0;
  },
  inventory: { unit: "alert-rules", count: async (server) => (await readRules(server)).length },

  async list(server) {
    const groups = Map.groupBy(await readRules(server), (one) =>
      JSON.stringify([one.folderUID, one.ruleGroup]),
    );
    return {
      items: [...groups].flatMap(([key, [rule]]) => {
        if (rule === undefined) return [];
        const { folderUID: folder, ruleGroup: group } = rule;
        return [{ uid: nameHash(key), title: group, folderUid: folder, cursor: { folder, group } }];
      }),
    };
  },

  one: readOne(
    "rule-group",
    { folder: v.string(), group: v.string() },
    {
      label: ({ group }) => group,
      /**
       * In the form that the API accepts, with a file beside it in the form of Grafana's file provisioning, which the API does
       * not accept.
       */
      async read(server, { folder, group: item }) {
        const place = pathOf(folder, item);
        const group = await read(server, groupSchema, { path: place });
        const content = group.rules.map((rule) => without(rule, "id", "updated"));
        const { http, signal } = server;
        const file = await http.send({ path: `${place}/export`, query: { format: "yaml" }, signal });
        return {
          text: toFileText({ ...group, rules: content }),
          problems: await dangling(server, { what: "Alert rules", item, content }),
          beside: { extension: ".yaml", text: await file.text(), unit: "provisioning-files" },
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

const ruleSchema = openObject({
  uid: v.optional(v.string(), ""),
  title: v.string(),
  folderUID: v.string(),
  ruleGroup: v.string(),
});

const readRules = (server: Server) => read(server, v.array(ruleSchema), { path: RULES });

const exportSchema = v.object({ groups: v.optional(v.nullable(v.array(v.unknown()))) });
