import { parse, stringify } from "yaml";
import { pathOf } from "../as-sent.ts";
import { plain, yaml } from "./answers.ts";
import type { Store } from "./store.ts";

const PATH = /^\/prometheus\/config\/v1\/rules(?:\/([^/]+))?(?:\/([^/]+))?$/;

/** Mimir's ruler configuration API, and the Alertmanager's. `undefined`: another path. */
export async function configApi(store: Store, request: Request): Promise<Response | undefined> {
  const pathname = pathOf(request);
  if (pathname === "/api/v1/alerts") return alertmanager(store, request);
  const match = PATH.exec(pathname);
  if (match === null) return undefined;
  const [namespace, name] = match
    .slice(1)
    .map((part) => (part === undefined ? undefined : decodeURIComponent(part)));
  if (request.method === "POST" && namespace !== undefined)
    return write(store, namespace, await request.text());
  if (request.method === "DELETE" && namespace !== undefined) return remove(store, namespace, name);
  if (namespace !== undefined && name !== undefined) return readGroup(store, namespace, name);
  return list(store, namespace);
}

function list(store: Store, namespace: string | undefined): Response {
  const chosen = [...store.rules].filter(([name]) => namespace === undefined || name === namespace);
  if (chosen.length === 0) return plain(404, "no rule groups found");
  const all = chosen.map(([name, groups]) => [name, [...groups.values()].map((text) => parse(text))]);
  return yaml(stringify(Object.fromEntries(all)));
}

function readGroup(store: Store, namespace: string, name: string): Response {
  const text = store.rules.get(namespace)?.get(name);
  return text === undefined ? plain(404, "group does not exist") : yaml(text);
}

function write(store: Store, namespace: string, text: string): Response {
  const group: unknown = parse(text);
  if (typeof group !== "object" || group === null || !("name" in group) || typeof group.name !== "string") {
    return plain(400, "unable to decode rule group");
  }
  const groups = store.rules.get(namespace) ?? new Map<string, string>();
  groups.set(group.name, stringify(group));
  store.rules.set(namespace, groups);
  return Response.json({ status: "success", data: null, errorType: "", error: "" }, { status: 202 });
}

function remove(store: Store, namespace: string, name: string | undefined): Response {
  if (name === undefined) store.rules.delete(namespace);
  else store.rules.get(namespace)?.delete(name);
  return Response.json({ status: "success", data: null, errorType: "", error: "" }, { status: 202 });
}

async function alertmanager(store: Store, request: Request): Promise<Response> {
  if (request.method === "POST") {
    store.alertmanager = await request.text();
    return new Response(null, { status: 201 });
  }
  if (request.method === "DELETE") {
    store.alertmanager = undefined;
    return new Response(null, { status: 200 });
  }
  return store.alertmanager === undefined
    ? plain(404, "alertmanager storage object not found")
    : yaml(store.alertmanager);
}
