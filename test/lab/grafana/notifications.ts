/** Contact points, notification policies, mute timings and message templates of the provisioning API. */
import { requireRole } from "./access.ts";
import { compact, fields, json, list, refuse, refuseWithId, text, without } from "./reply.ts";
import type { Call, Handler, Routes, Server } from "./router.ts";
import { type ContactPoint, DEFAULT_POLICIES, type Fields, type Provisioned } from "./store.ts";

const BASE = "/api/v1/provisioning";
export const REDACTED = "[REDACTED]";

/** What each kind of contact point must have, and which of its settings are secret. */
const KINDS: Readonly<Record<string, { required: readonly string[]; secret: readonly string[] }>> = {
  email: { required: ["addresses"], secret: [] },
  webhook: { required: ["url"], secret: ["password", "authorization_credentials"] },
  slack: { required: [], secret: ["url", "token"] },
  pagerduty: { required: ["integrationKey"], secret: ["integrationKey"] },
  telegram: { required: ["bottoken", "chatid"], secret: ["bottoken"] },
};

/** Every call of the provisioning API needs the role Admin. */
export const admin =
  (handler: Handler): Handler =>
  (call) => {
    requireRole(call.account, "Admin", "alert.provisioning:read");
    return handler(call);
  };

/** What an object is saved under: any `X-Disable-Provenance` header leaves it editable in the user interface. */
export const provenanceOf = ({ request }: Call): string =>
  request.headers.has("x-disable-provenance") ? "" : "api";

/** A tool's object may become a person's; one of a file's may not be changed here. */
export function checkProvenance(before: string, after: string): void {
  if (before === "" || before === after || (before === "api" && after === "")) return;
  throw refuseWithId(409, "alerting.provenanceMismatch", `cannot change provenance from '${before}'`);
}

export const shown = ({ fields: own, provenance }: Provisioned): Fields =>
  compact({ ...own, provenance: provenance || undefined });

export const notificationRoutes: Routes = {
  [`GET ${BASE}/contact-points`]: admin(({ server, query }) => {
    const rows = server.store.contactPoints.map(redacted);
    const name = query.get("name");
    const sorted = rows.sort((a, b) => (text(a.name) < text(b.name) ? -1 : 1));
    return json(name === null ? sorted : sorted.filter((row) => row.name === name));
  }),
  [`POST ${BASE}/contact-points`]: admin((call) => json(redacted(addContactPoint(call)), 202)),
  [`PUT ${BASE}/contact-points/:uid`]: admin(updateContactPoint),
  [`GET ${BASE}/policies`]: admin(({ server }) => json(shown(server.store.policies))),
  [`PUT ${BASE}/policies`]: admin((call) => {
    checkRoute(call.server, call.body);
    const before = call.server.store.policies.provenance;
    const provenance = provenanceOf(call);
    if (before !== "" && before !== provenance)
      throw refuseWithId(409, "alerting.provenanceMismatch", `cannot change provenance from '${before}'`);
    call.server.store.policies = { fields: without(call.body, "provenance"), provenance };
    return json({ message: "policies updated" }, 202);
  }),
  [`DELETE ${BASE}/policies`]: admin(({ server }) => {
    server.store.policies = { fields: DEFAULT_POLICIES, provenance: "" };
    return json(DEFAULT_POLICIES, 202);
  }),
  [`GET ${BASE}/mute-timings`]: admin(({ server }) =>
    json([...server.store.muteTimings.values()].map(shown)),
  ),
  [`GET ${BASE}/mute-timings/:name`]: admin(({ server, params }) => {
    const found = server.store.muteTimings.get(params.name ?? "");
    if (found === undefined) throw refuse(404, "mute timing not found");
    return json(shown(found));
  }),
  [`POST ${BASE}/mute-timings`]: admin(addMuteTiming),
  [`PUT ${BASE}/mute-timings/:name`]: admin(updateMuteTiming),
  [`GET ${BASE}/templates`]: admin(({ server }) =>
    json([...server.store.templates.values()].map((one) => ({ ...shown(one), version: versionOf(one) }))),
  ),
  [`PUT ${BASE}/templates/:name`]: admin(putTemplate),
};

function redacted({ uid, secrets, ...point }: ContactPoint): Fields {
  const { settings, ...rest } = shown(point);
  const hidden = Object.fromEntries(Object.keys(secrets).map((name) => [name, REDACTED]));
  return { uid, ...rest, settings: { ...fields(settings), ...hidden } };
}

/** A contact point as it was sent, with its secrets apart. */
function contactPointIn(call: Call): Omit<ContactPoint, "uid"> {
  const { name, type, settings, disableResolveMessage } = call.body;
  const kind = KINDS[text(type)];
  if (text(name) === "" || kind === undefined)
    throw refuse(400, `invalid object specification: type '${text(type)}' of '${text(name)}' is not known`);
  const given = fields(settings);
  for (const field of kind.required)
    if (!text(given[field]))
      throw refuse(400, `invalid object specification: required field '${field}' is not specified`);
  const secrets = Object.fromEntries(
    kind.secret.flatMap((field) => (text(given[field]) ? [[field, text(given[field])]] : [])),
  );
  const own = {
    name,
    type,
    settings: without(given, ...kind.secret),
    disableResolveMessage: disableResolveMessage === true,
  };
  return { fields: own, secrets, provenance: provenanceOf(call) };
}

function addContactPoint(call: Call): ContactPoint {
  const { store } = call.server;
  const content = contactPointIn(call);
  const uid = text(call.body.uid) || `c${store.nextId().toString(36).padStart(9, "0")}`;
  if (store.contactPoints.some((one) => one.uid === uid))
    throw refuseWithId(409, "alerting.notifications.contact-points.uidInvalid", `uid ${uid} is in use`);
  const point = { uid, ...content };
  store.contactPoints.push(point);
  return point;
}

/** A secret that is sent as its placeholder stays. */
function updateContactPoint(call: Call): Response {
  const { contactPoints } = call.server.store;
  const index = contactPoints.findIndex(({ uid }) => uid === call.params.uid);
  const before = contactPoints[index];
  if (before === undefined) throw refuse(404, "contact point not found");
  const content = contactPointIn(call);
  checkProvenance(before.provenance, content.provenance);
  const secrets = Object.fromEntries(
    Object.entries(content.secrets).map(([name, value]) => [
      name,
      value === REDACTED ? (before.secrets[name] ?? value) : value,
    ]),
  );
  contactPoints[index] = { ...content, uid: before.uid, secrets };
  return json({ message: "contactpoint updated" }, 202);
}

/** @throws Refusal when the tree names a contact point or a mute timing that is not there. */
function checkRoute(server: Server, route: Fields): void {
  const { contactPoints, muteTimings } = server.store;
  const receiver = text(route.receiver);
  if (receiver !== "" && !contactPoints.some((one) => one.fields.name === receiver))
    throw refuse(400, `invalid object specification: receiver '${receiver}' does not exist`);
  for (const name of list(route.mute_time_intervals))
    if (!muteTimings.has(String(name)))
      throw refuse(400, `invalid object specification: mute time interval '${name}' does not exist`);
  for (const child of list(route.routes)) checkRoute(server, fields(child));
}

function addMuteTiming(call: Call): Response {
  const name = text(call.body.name);
  if (name === "") throw refuse(400, "invalid object specification: missing name");
  if (call.server.store.muteTimings.has(name))
    throw refuseWithId(
      409,
      "alerting.notifications.time-intervals.nameExists",
      `Time interval with name '${name}' already exists`,
    );
  const timing = {
    fields: without(call.body, "provenance", "version"),
    provenance: provenanceOf(call),
  };
  call.server.store.muteTimings.set(name, timing);
  return json(shown(timing), 201);
}

function updateMuteTiming(call: Call): Response {
  const { muteTimings } = call.server.store;
  const name = call.params.name ?? "";
  const before = muteTimings.get(name);
  if (before === undefined) throw refuse(404, "mute timing not found");
  const provenance = provenanceOf(call);
  checkProvenance(before.provenance, provenance);
  const timing = { fields: { ...without(call.body, "provenance", "version"), name }, provenance };
  muteTimings.set(name, timing);
  return json(shown(timing), 202);
}

function putTemplate(call: Call): Response {
  const name = call.params.name ?? "";
  checkProvenance(call.server.store.templates.get(name)?.provenance ?? "", provenanceOf(call));
  const template = text(call.body.template);
  if (template === "") throw refuse(400, "invalid object specification: template must have content");
  const saved = { fields: { name, template }, provenance: provenanceOf(call) };
  call.server.store.templates.set(name, saved);
  return json({ ...shown(saved), version: versionOf(saved) }, 202);
}

const versionOf = (one: Provisioned): string =>
  Bun.hash(text(one.fields.template)).toString(16).padStart(16, "0");
