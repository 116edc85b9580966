import { requireRole } from "./access.ts";
import { checkQuota } from "./admin.ts";
import { fields, json, refuse, text } from "./reply.ts";
import type { Call, Routes, Server } from "./router.ts";
import type { DataSource, Fields } from "./store.ts";

export const dataSourceRoutes: Routes = {
  "GET /api/datasources": ({ account, server }) => {
    requireRole(account, "Admin", "datasources:read");
    const rows = [...server.store.dataSources.values()];
    return json(rows.sort((a, b) => (a.name < b.name ? -1 : 1)).map(listItem));
  },
  "GET /api/datasources/uid/:uid": ({ account, server, params }) => {
    requireRole(account, "Admin", "datasources:read");
    const found = server.store.dataSources.get(params.uid ?? "");
    if (found === undefined) throw refuse(404, "Data source not found");
    return json(detail(found));
  },
  "PUT /api/datasources/uid/:uid": (call) => {
    requireRole(call.account, "Admin", "datasources:write");
    const { id, name, ...rest } = detail(updateDataSource(call));
    return json({ datasource: { id, name, ...rest }, id, message: "Datasource updated", name });
  },
  "POST /api/datasources": (call) => {
    requireRole(call.account, "Admin", "datasources:create");
    const created = addDataSource(call);
    return json({
      datasource: detail(created),
      id: created.id,
      message: "Datasource added",
      name: created.name,
    });
  },
};

/** Secrets that are not sent stay. */
function updateDataSource(call: Call): DataSource {
  const { server, body, params } = call;
  const before = server.store.dataSources.get(params.uid ?? "");
  if (before === undefined) throw refuse(404, "Data source not found");
  if (before.readOnly) throw refuse(403, "Cannot update read-only data source");
  const others = [...server.store.dataSources.values()].filter((one) => one.uid !== before.uid);
  if (others.some(({ name }) => name === text(body.name)))
    throw refuse(409, "Datasource name or uid already exists");
  const secrets = { ...before.secrets, ...filled(fields(body.secureJsonData)) };
  const { id, uid } = before;
  const updated = { ...settings(body), id, uid, secrets, readOnly: false, version: before.version + 1 };
  server.store.dataSources.set(uid, updated);
  return updated;
}

/** The list tells less than a single data source: nothing of secrets, basic authentication's user, or credentials. */
const listItem = (one: DataSource): Fields => ({
  id: one.id,
  uid: one.uid,
  orgId: 1,
  name: one.name,
  type: one.type,
  typeName: one.type,
  typeLogoUrl: `public/plugins/${one.type}/img/logo.svg`,
  access: one.access,
  url: one.url,
  user: one.user,
  database: one.database,
  basicAuth: one.basicAuth,
  isDefault: one.isDefault,
  jsonData: one.jsonData,
  readOnly: one.readOnly,
});

const detail = ({ secrets, ...one }: DataSource): Fields => ({
  ...one,
  orgId: 1,
  typeLogoUrl: `public/plugins/${one.type}/img/logo.svg`,
  secureJsonFields: Object.fromEntries(Object.keys(secrets).map((name) => [name, true])),
});

const settings = (body: Fields): Omit<DataSource, "id" | "uid" | "secrets" | "readOnly" | "version"> => ({
  name: text(body.name),
  type: text(body.type),
  url: text(body.url),
  access: text(body.access, "proxy"),
  database: text(body.database),
  user: text(body.user),
  basicAuth: body.basicAuth === true,
  basicAuthUser: text(body.basicAuthUser),
  withCredentials: body.withCredentials === true,
  isDefault: body.isDefault === true,
  jsonData: fields(body.jsonData),
});

function addDataSource({ server, body }: Call): DataSource {
  const name = text(body.name);
  const type = text(body.type);
  if (name === "" || type === "") throw refuse(400, "bad request data");
  const id = server.store.nextId();
  const uid = text(body.uid) || `s${id.toString(36).padStart(9, "0")}`;
  checkUnique(server, name, uid);
  checkQuota(server, "org_data_source");
  const created: DataSource = {
    ...settings(body),
    id,
    uid,
    secrets: filled(fields(body.secureJsonData)),
    readOnly: false,
    version: 1,
  };
  server.store.dataSources.set(uid, created);
  return created;
}

function checkUnique({ store }: Server, name: string, uid: string): void {
  if (store.dataSources.has(uid)) throw refuse(409, "data source with the same uid already exists");
  for (const one of store.dataSources.values())
    if (one.name === name) throw refuse(409, "data source with the same name already exists");
}

const filled = (secrets: Fields): Record<string, string> =>
  Object.fromEntries(
    Object.entries(secrets).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])),
  );
