import { openObject, v } from "contextcore";
import { dangling } from "../dangling.ts";
import { asObject, asText, toFileText, without } from "../json.ts";
import { type ObjectKind, readOne } from "../kind.ts";
import { EXISTING, ownedBy, putBack } from "../put.ts";
import { putRules } from "../put-rules.ts";
import { describedIn, routing } from "../references.ts";
import { read, readIfThere, type Server } from "../server.ts";
import { headersFor, nameHash, ownerOf, PROVISIONING } from "./alerting.ts";
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

  /** Writing a group deletes rules in it that are not sent, so only a group that does not exist is written whole. */
  put: putBack(groupSchema, async (restoring, group) => {
    const there = await readRules(restoring);
    const lacking = group.rules.filter(({ uid }) => !there.some((rule) => rule.uid === uid));
    if (lacking.length === 0) return EXISTING;
    const { folderUid, title } = group;
    const left = lacking.flatMap((rule) => {
      const locked = ownedBy(restoring, ownerOf(rule.provenance));
      return locked === undefined ? [] : [{ rule, reason: locked.reason }];
    });
    return putRules(restoring, {
      rules: lacking.filter((rule) => !left.some((one) => one.rule === rule)),
      left,
      isNew: !there.some((rule) => rule.folderUID === folderUid && rule.ruleGroup === title),
      asGroup: (rules) => ({ method: "PUT", path: pathOf(folderUid, title), json: { ...group, rules } }),
      asRule: (json) => ({ path: RULES, json }),
      headers: ({ provenance }) => headersFor(provenance),
      isThere: async (uid) => (await readRules(restoring)).some((rule) => rule.uid === uid),
    });
  }),
};

const ruleSchema = openObject({
  uid: v.optional(v.string(), ""),
  title: v.string(),
  folderUID: v.string(),
  ruleGroup: v.string(),
});

const readRules = (server: Server) => read(server, v.array(ruleSchema), { path: RULES });

const exportSchema = v.object({ groups: v.optional(v.nullable(v.array(v.unknown()))) });
