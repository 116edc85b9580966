import { askedOnce, given, type HttpClient, type HttpRequest, PluginError, parseExact, v } from "contextcore";

/** One Grafana as one task calls it: the task's signal ends every call. */
export interface Server {
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  /** The kind of API it has; determined once for all tasks. */
  world(): Promise<World>;
}

/** The server for a task with this signal. */
export type ServerFor = (signal: AbortSignal) => Server;

/** Which resources are served under `/apis`, and in which versions. */
export interface World {
  /** The organisation's name in `/apis`: `default`, `org-2`, `stacks-17`. */
  readonly namespace: string;
  readonly dashboards?: Served;
  /** The version to use; absent: only the old API has them. */
  readonly folders?: string;
  readonly playlists?: string;
}

interface Served {
  readonly preferred: string;
  readonly versions: readonly string[];
}

/** The server behind a client, for each task. Its kind is determined when first needed, and again if that failed. */
export function createServer(http: HttpClient): ServerFor {
  const world = askedOnce((signal) => findWorld({ http, signal }));
  return (signal) => ({ http, signal, world: () => world(signal) });
}

/** What a call needs. */
type Caller = Pick<Server, "http" | "signal">;

/**
 * One call, its answer checked against a schema; numbers inside stay as they were written.
 * @throws PluginError `invalid` when the answer has another shape.
 */
export async function read<Schema extends v.GenericSchema>(
  { http, signal }: Caller,
  schema: Schema,
  request: HttpRequest,
): Promise<v.InferOutput<Schema>> {
  const answer = await http.send({ ...request, signal });
  const checked = v.safeParse(schema, bodyOf(await answer.text(), http, request));
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  throw new PluginError("invalid", `${where(http, request)}: ${v.getDotPath(issue) ?? ""} ${issue.message}`);
}

/** The same, and `undefined` when there is no such thing (404). */
export async function readIfThere<Schema extends v.GenericSchema>(
  caller: Caller,
  schema: Schema,
  request: HttpRequest,
): Promise<v.InferOutput<Schema> | undefined> {
  return orAbsent(read(caller, schema, request));
}

/** What was read, or `undefined` when there is no such thing (404). */
export async function orAbsent<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof PluginError && error.status === 404) return undefined;
    throw error;
  }
}

/** True for a name that URLs, and proxies in front of Grafana, take for a step in the path. */
export const isDots = (value: unknown): boolean => value === "." || value === "..";

/** True when it is there, and this account may not read it (403), or not through this API (406). */
export const isHidden = (error: unknown): boolean =>
  error instanceof PluginError && (error.status === 403 || error.status === 406);

function bodyOf(source: string, http: HttpClient, request: HttpRequest): unknown {
  try {
    return parseExact(source);
  } catch (cause) {
    const isPage = /^\s*</.test(source);
    throw new PluginError(
      isPage ? "invalid" : "temporary",
      `${where(http, request)} answered with ${isPage ? "a web page" : "something that is not whole JSON"}`,
      { hint: "Is `url` Grafana itself, with its sub-path, and not a login page or a proxy?", cause },
    );
  }
}

const where = (http: HttpClient, request: HttpRequest): string =>
  `grafana at ${http.url}: ${request.method ?? "GET"} ${request.path}`;

const resourceVersionSchema = v.object({
  metadata: v.object({ resourceVersion: v.optional(v.string()) }),
});

/** The version of the resource that is there now: one that was changed meanwhile is then not overwritten. */
export async function versionAt(server: Caller, path: string): Promise<string | undefined> {
  return (await read(server, resourceVersionSchema, { path })).metadata.resourceVersion;
}

/** A resource that is to replace the one at this path. */
export async function withVersion(
  server: Caller,
  path: string,
  resource: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const resourceVersion = await versionAt(server, path);
  return { ...resource, metadata: { ...Object(resource.metadata), ...given({ resourceVersion }) } };
}

/** The path of a resource under `/apis`. */
export const resourcePath = (world: World, group: string, version: string, rest: string): string =>
  `/apis/${group}.grafana.app/${version}/namespaces/${encodeURIComponent(world.namespace)}/${rest}`;

const groupSchema = v.object({
  name: v.string(),
  versions: v.array(v.object({ version: v.string() })),
  preferredVersion: v.optional(v.object({ version: v.string() })),
});

/** Dashboards in one of these versions mean Grafana 12 or newer; before, `/apis` held only experiments. */
const MATURE = ["v1", "v1beta1"];

async function findWorld(caller: Caller): Promise<World> {
  const groups = await discover(caller);
  const versions = (name: string): readonly string[] =>
    groups.find((group) => group.name === `${name}.grafana.app`)?.versions.map((one) => one.version) ?? [];
  const served = versions("dashboard");
  const preferred = MATURE.find((version) => served.includes(version));
  if (preferred === undefined) return { namespace: "default" };
  const folders = MATURE.find((version) => versions("folder").includes(version));
  const playlists = ["v1", "v0alpha1"].find((version) => versions("playlist").includes(version));
  return {
    namespace: await namespaceOf(caller),
    dashboards: { preferred, versions: served },
    ...given({ folders, playlists }),
  };
}

async function discover({ http, signal }: Caller): Promise<v.InferOutput<typeof groupSchema>[]> {
  const answer = await http.send({ path: "/apis", signal, accept: [403, 404] });
  const checked = v.safeParse(v.object({ groups: v.array(groupSchema) }), parseLoose(await answer.text()));
  return answer.status === 200 && checked.success ? checked.output.groups : [];
}

/** An old Grafana answers `/apis` with its web page, which means that the API does not exist. */
function parseLoose(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

async function namespaceOf(caller: Caller): Promise<string> {
  const schema = v.object({ namespace: v.optional(v.string()) });
  const settings = await readIfThere(caller, schema, { path: "/api/frontend/settings" });
  if (settings?.namespace) return settings.namespace;
  const { id } = await read(caller, v.object({ id: v.number() }), { path: "/api/org" });
  return id === 1 ? "default" : `org-${id}`;
}
