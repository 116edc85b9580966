/** Alert rules and rule groups of the provisioning API. */
import { stringify } from "yaml";
import { ancestors } from "./folders.ts";
import { admin, checkProvenance, provenanceOf, shown } from "./notifications.ts";
import { compact, fields, json, list, number, refuse, refuseWithId, text, without } from "./reply.ts";
import { type Call, type Routes, type Server, timestamp } from "./router.ts";
import { type Fields, groupKey } from "./store.ts";

const BASE = "/api/v1/provisioning";
const DEFAULT_INTERVAL = 60;
const REQUIRED = ["title", "condition", "folderUID", "ruleGroup"];

export const alertRuleRoutes: Routes = {
  [`GET ${BASE}/alert-rules`]: admin(({ server }) => json(allRules(since(10, server)))),
  [`POST ${BASE}/alert-rules`]: admin((call) => {
    const uid = text(call.body.uid);
    if (call.server.store.rules.has(uid))
      throw refuseWithId(
        409,
        "alerting.alert-rule.conflict",
        `rule UID ${uid} conflicts with an existing rule`,
      );
    return json(saveRule(call, call.body), 201);
  }),
  [`PUT ${BASE}/alert-rules/:uid`]: admin((call) => {
    const before = call.server.store.rules.get(call.params.uid ?? "");
    if (before === undefined) throw refuse(404, "rule not found");
    if (before.provenance !== "" && before.provenance !== provenanceOf(call))
      throw refuseWithId(
        409,
        "alerting.provenanceMismatch",
        `cannot change provenance from '${before.provenance}'`,
      );
    return json(saveRule(call, { ...call.body, uid: call.params.uid }));
  }),
  [`GET ${BASE}/folder/:folder/rule-groups/:group`]: admin((call) => json(group(call))),
  [`PUT ${BASE}/folder/:folder/rule-groups/:group`]: admin(putGroup),
  [`GET ${BASE}/folder/:folder/rule-groups/:group/export`]: admin((call) =>
    exported(call, { groups: [exportedGroup(since(10, call.server), group(call))] }),
  ),
  "GET /api/ruler/grafana/api/v1/rules": admin(rulerFolders),
  "GET /api/ruler/grafana/api/v1/rules/:folder": admin(rulerFolder),
  [`GET ${BASE}/alert-rules/export`]: admin((call) => {
    const groups = groupsOf(call.server);
    // It takes the word for the uid of a rule.
    if (call.server.major < 10) throw refuse(500, UNKNOWN);
    if (groups.length === 0) return new Response(null, { status: 404 });
    return exported(call, { groups: groups.map((one) => exportedGroup(call.server, one)) });
  }),
};

/** As 9.3 says that there is no rule of a uid. */
const UNKNOWN = "could not find alert rule";

function since(major: number, server: Server): Server {
  if (server.major < major) throw refuse(404, "Not found");
  return server;
}

const allRules = ({ store }: Server): Fields[] =>
  [...store.rules.values()].map((rule) => ({ id: rule.id, ...shown(rule), updated: rule.updated }));

function groupsOf(server: Server): Fields[] {
  const keys = new Map<string, { folder: string; title: string }>();
  for (const rule of allRules(server)) {
    const folder = text(rule.folderUID);
    const title = text(rule.ruleGroup);
    keys.set(groupKey(folder, title), { folder, title });
  }
  return [...keys.values()].map((key) => groupFields(server, key.folder, key.title));
}

/** The groups of one folder, by its title; the rules in the form of the ruler. Before 10 it is asked for by its title. */
function rulerFolder({ server, params }: Call): Response {
  const { folder = "" } = params;
  if (server.major >= 10) return json(ruledIn(server, folder), 202);
  const found = [...server.store.folders.values()].find(({ title }) => title === folder);
  if (found === undefined) throw refuse(404, "folder not found");
  return json(ruledIn(server, found.uid), 202);
}

function rulerFolders({ server }: Call): Response {
  const all = [...server.store.folders.keys()].map((folder) => ruledIn(server, folder));
  return json(Object.assign({}, ...all));
}

function ruledIn(server: Server, folder: string): Fields {
  const own = allRules(server).filter(({ folderUID }) => folderUID === folder);
  const groups = Map.groupBy(own, ({ ruleGroup }) => text(ruleGroup));
  const title = text(server.store.folders.get(folder)?.title);
  const shownGroups = [...groups].map(([name, rules]) => ({
    name,
    interval: "1m",
    rules: rules.map(({ uid, title: rule }) => ({
      grafana_alert: { uid, title: rule, namespace_uid: folder, rule_group: name },
    })),
  }));
  return shownGroups.length === 0 ? {} : { [title]: shownGroups };
}

function groupFields(server: Server, folderUid: string, title: string): Fields {
  const rules = allRules(server).filter((rule) => rule.folderUID === folderUid && rule.ruleGroup === title);
  const interval = server.store.intervals.get(groupKey(folderUid, title)) ?? DEFAULT_INTERVAL;
  return { title, folderUid, interval, rules };
}

function group({ server, params }: Call): Fields {
  const found = groupFields(server, params.folder ?? "", params.group ?? "");
  if (list(found.rules).length === 0)
    throw refuseWithId(404, "alerting.alert-rule.notFound", "rule group not found");
  return found;
}

/** Replaces the group: what is not sent is deleted, and a rule of another group moves here. */
function putGroup(call: Call): Response {
  const { server, params, body } = call;
  const folderUID = params.folder ?? "";
  const ruleGroup = params.group ?? "";
  const interval = number(body.interval);
  if (interval <= 0 || interval % 10 !== 0)
    throw refuse(400, `invalid alert rule: interval (${interval}s) should be divided exactly by 10s`);
  const sent = list(body.rules).map((rule) => ({ ...fields(rule), folderUID, ruleGroup }));
  const before = [...list(groupFields(server, folderUID, ruleGroup).rules), ...list(body.rules)];
  const uids = new Set(before.map((rule) => text(fields(rule).uid)));
  const unknown = list(body.rules).find((rule) => !server.store.rules.has(text(fields(rule).uid)));
  if (unknown !== undefined && server.major < 10)
    throw refuse(500, `failed to calculate diff for alert rules: failed to update rule because ${UNKNOWN}`);
  for (const uid of uids) checkProvenance(server.store.rules.get(uid)?.provenance ?? "", provenanceOf(call));
  // Before 10 a rule that is there keeps its place.
  const kept = server.major < 10 ? sent.map((rule) => text(fields(rule).uid)) : [];
  for (const uid of uids) if (!kept.includes(uid)) server.store.rules.delete(uid);
  for (const rule of sent) saveRule(call, rule);
  server.store.intervals.set(groupKey(folderUID, ruleGroup), interval);
  return json({ title: ruleGroup, folderUid: folderUID, interval, rules: sent });
}

function saveRule(call: Call, rule: Fields): Fields {
  const { server } = call;
  for (const field of REQUIRED)
    if (!text(rule[field])) throw refuse(400, `invalid alert rule: no ${field} is set`);
  if (ancestors(server, text(rule.folderUID)).length === 0)
    throw refuse(400, "invalid alert rule: folder does not exist");
  const id = server.store.nextId();
  const uid = text(rule.uid) || `r${id.toString(36).padStart(9, "0")}`;
  const own = { ...without(rule, "id", "updated", "provenance"), uid, orgID: 1 };
  const saved = { id, fields: own, provenance: provenanceOf(call), updated: timestamp(server) };
  server.store.rules.set(uid, saved);
  return { id, ...shown(saved), updated: saved.updated };
}

/** The file-provisioning format, which the API does not take back. */
const exportedGroup = (server: Server, group: Fields): Fields => ({
  orgId: 1,
  name: group.title,
  folder: ancestors(server, text(group.folderUid))
    .map((folder) => folder.title)
    .join("/"),
  interval: `${number(group.interval)}s`,
  rules: list(group.rules).map((rule) =>
    without(fields(rule), "id", "orgID", "folderUID", "ruleGroup", "updated", "provenance"),
  ),
});

export function exported({ query }: Call, body: Fields): Response {
  const file = compact({ apiVersion: 1, ...body });
  if (query.get("format") === "json") return json(file);
  return new Response(stringify(file), { headers: { "Content-Type": "application/yaml" } });
}
