import { v } from "contextcore";
import {
  contactPointSchema,
  groupSchema,
  namedSchema,
  PROVISIONING,
  REDACTED,
  redactedFields,
  ruleSchema,
} from "./alerting.ts";
import {
  CREATED,
  create,
  EXISTING,
  type Outcome,
  ownedBy,
  putBack,
  type Restoring,
  refused,
} from "./restore-object.ts";
import { findSecrets, stillMissing } from "./secrets.ts";
import { asObject, asText, type Fields, objectSchema, read, without } from "./server.ts";

/** Made by a person, it stays editable; made through the API (by Terraform, say), it stays locked for people. */
const headersFor = (provenance: string | undefined): Record<string, string> =>
  provenance === "api" ? {} : { "X-Disable-Provenance": "true" };

/** What files beside the server own; the server would make it again from them. */
const ownerOf = (provenance: unknown): string | undefined =>
  provenance === undefined || provenance === "" || provenance === "api"
    ? undefined
    : `provisioning from a ${provenance}`;

const rows = ({ server, signal }: Restoring, list: string) =>
  read(server.http, v.array(v.looseObject({ uid: v.optional(v.string(), ""), name: v.string() })), {
    path: `${PROVISIONING}/${list}`,
    signal,
  });

export const putBackContactPoint = putBack(contactPointSchema, async (restoring, point) => {
  const same = (one: { uid: string; name: string; type?: unknown }): boolean =>
    point.uid === "" ? one.name === point.name && one.type === point.type : one.uid === point.uid;
  const isThere = async () => (await rows(restoring, "contact-points")).some(same);
  if (await isThere()) return EXISTING;
  const owner = ownerOf(point.provenance);
  if (owner !== undefined && !restoring.managed) return ownedBy(owner);
  const { found, missing } = findSecrets(restoring.secrets, point, redactedFields(point.settings));
  const settings = withSecrets(point.settings, found);
  const json = { ...without(point, "provenance"), settings };
  const headers = headersFor(point.provenance);
  const outcome = await create(restoring, { path: `${PROVISIONING}/contact-points`, json, headers, isThere });
  return outcome.done === "created" ? { ...outcome, problems: stillMissing(point, missing) } : outcome;
});

/** A secret that nobody gave stays its placeholder: the contact point is there for the policies that name it. */
function withSecrets(settings: Fields, found: Readonly<Record<string, string>>, prefix = ""): Fields {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => {
      const path = `${prefix}${key}`;
      if (value === REDACTED) return [key, found[path] ?? REDACTED];
      const isGroup = typeof value === "object" && value !== null && !Array.isArray(value);
      return [key, isGroup ? withSecrets(asObject(value), found, `${path}.`) : value];
    }),
  );
}

export const putBackMuteTiming = putBack(namedSchema, (restoring, timing) =>
  putBackNamed(restoring, timing, { list: "mute-timings", method: "POST", path: "mute-timings" }),
);

export const putBackTemplate = putBack(namedSchema, (restoring, template) =>
  putBackNamed(restoring, template, {
    list: "templates",
    method: "PUT",
    path: `templates/${encodeURIComponent(template.name)}`,
  }),
);

async function putBackNamed(
  restoring: Restoring,
  object: v.InferOutput<typeof namedSchema>,
  { list, method, path }: { list: string; method: "POST" | "PUT"; path: string },
): Promise<Outcome> {
  const isThere = async () => (await rows(restoring, list)).some((one) => one.name === object.name);
  if (await isThere()) return EXISTING;
  const owner = ownerOf(object.provenance);
  if (owner !== undefined && !restoring.managed) return ownedBy(owner);
  const json = without(object, "provenance");
  return create(restoring, {
    method,
    path: `${PROVISIONING}/${path}`,
    json,
    headers: headersFor(object.provenance),
    isThere,
  });
}

/** The contact points of a fresh Grafana, by the names they had in its versions. */
const DEFAULT_RECEIVERS = new Set([
  "grafana-default-email",
  "email receiver",
  "empty",
  "autogen-contact-point-default",
]);

/** True for the tree of a fresh Grafana: nobody would miss it. */
export const isDefaultTree = (tree: Fields): boolean =>
  (!Array.isArray(tree.routes) || tree.routes.length === 0) && DEFAULT_RECEIVERS.has(asText(tree.receiver));

/** There is one tree, and writing it replaces all of it: only a fresh Grafana's is replaced. */
export const putBackPolicies = putBack(objectSchema, async (restoring, tree) => {
  const path = `${PROVISIONING}/policies`;
  const { server, signal } = restoring;
  const readTree = () => read(server.http, objectSchema, { path, signal });
  const there = await readTree();
  if (Bun.deepEquals(without(there, "provenance"), without(tree, "provenance"))) return EXISTING;
  if (!isDefaultTree(there))
    return refused("Grafana has notification policies already, and writing these would replace all of them.");
  const provenance = asText(tree.provenance);
  const owner = ownerOf(provenance);
  if (owner !== undefined && !restoring.managed) return ownedBy(owner);
  const json = without(tree, "provenance");
  const isThere = async () => !isDefaultTree(await readTree());
  return create(restoring, { method: "PUT", path, json, headers: headersFor(provenance), isThere });
});

/** Writing a group deletes the rules in it that are not sent, so only a group that is not there is written whole. */
export const putBackRuleGroup = putBack(groupSchema, async (restoring, group) => {
  const { server, signal } = restoring;
  const readRules = () =>
    read(server.http, v.array(ruleSchema), { path: `${PROVISIONING}/alert-rules`, signal });
  const there = await readRules();
  const uids = new Set(there.map((rule) => rule.uid));
  const lacking = group.rules.filter((rule) => !uids.has(rule.uid));
  const isThere = async (uid: string | undefined) => (await readRules()).some((rule) => rule.uid === uid);
  if (lacking.length === 0) return EXISTING;
  const provenance = lacking[0]?.provenance;
  const owner = ownerOf(provenance);
  if (owner !== undefined && !restoring.managed) return ownedBy(owner);
  const headers = headersFor(provenance);
  const rules = lacking.map((rule) => without(rule, "provenance"));
  const isNew = !there.some((rule) => rule.folderUID === group.folderUid && rule.ruleGroup === group.title);
  if (isNew) {
    const place = `folder/${encodeURIComponent(group.folderUid)}/rule-groups/${encodeURIComponent(group.title)}`;
    const json = { ...group, rules };
    return create(restoring, {
      method: "PUT",
      path: `${PROVISIONING}/${place}`,
      json,
      headers,
      isThere: () => isThere(lacking[0]?.uid),
    });
  }
  for (const json of rules) {
    const outcome = await create(restoring, {
      path: `${PROVISIONING}/alert-rules`,
      json,
      headers,
      isThere: () => isThere(asText(json.uid)),
    });
    if (outcome.done === "refused") return outcome;
  }
  return CREATED;
});
