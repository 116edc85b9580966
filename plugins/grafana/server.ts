import {
  askedOnce,
  given,
  type HttpClient,
  type HttpRequest,
  isFault,
  PluginError,
  parseExact,
  v,
} from "contextcore";
import { asObject } from "./json.ts";

/** One Grafana as one task calls it: the task's signal ends every call. */
export interface Server {
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  /** The kind of API it has; determined once for all tasks. */
  world(): Promise<World>;
  /** Hears of objects of a list that are not of the right shape, by name. Absent: one of them fails the whole list. */
  readonly spoilt?: (name: string) => void;
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
  /** Before 9 a dashboard's folder and an annotation's dashboard are known by numbers only. */
  readonly numbered?: true;
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

/**
 * The objects of a list. Those that are not of the right shape are told by name, unless all are.
 * @throws PluginError `invalid` as {@link read}
 */
export async function readRows<Schema extends v.GenericSchema>(
  server: Server,
  schema: Schema,
  request: HttpRequest,
): Promise<v.InferOutput<Schema>[]> {
  return soundRows(server, schema, { rows: await read(server, v.array(v.unknown()), request), request });
}

/** The same of a list within an answer. @param found its objects, and the call that gave them */
export function soundRows<Schema extends v.GenericSchema>(
  { http, spoilt }: Pick<Server, "http" | "spoilt">,
  schema: Schema,
  { rows, request }: { readonly rows: readonly unknown[]; readonly request: HttpRequest },
): v.InferOutput<Schema>[] {
  const checked = rows.map((row) => v.safeParse(schema, row));
  const bad = checked.flatMap(({ success, issues }, index) => (success ? [] : [{ index, issue: issues[0] }]));
  const [first] = bad;
  if (first !== undefined && (spoilt === undefined || bad.length === rows.length))
    throw new PluginError(
      "invalid",
      `${where(http, request)}: ${v.getDotPath(first.issue) ?? ""} ${first.issue.message}`,
    );
  for (const { index } of bad) spoilt?.(rowName(rows[index], index));
  return checked.flatMap(({ success, output }) => (success ? [output] : []));
}

/** The server, for what only looks at lists: what is not of the right shape there is told by the step that saves it. */
export const looking = <Caller extends Server>(server: Caller): Caller => ({ ...server, spoilt: () => {} });

/** What people may know it by, or its place. */
function rowName(row: unknown, index: number): string {
  const { title, name, uid, text } = asObject(row);
  const [first] = [title, name, uid, text].filter((one) => typeof one === "string" && one !== "");
  return first === undefined ? `number ${index + 1} of the list` : String(first).slice(0, 100);
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
  if (preferred === undefined) return { namespace: "default", ...(await numbered(caller)) };
  const folders = MATURE.find((version) => versions("folder").includes(version));
  const playlists = ["v1", "v0alpha1"].find((version) => versions("playlist").includes(version));
  return {
    namespace: await namespaceOf(caller),
    dashboards: { preferred, versions: served },
    ...given({ folders, playlists }),
  };
}

const healthSchema = v.object({ version: v.optional(v.string(), "") });

/** Some hide their version from strangers; those that are this old do not. */
async function numbered(caller: Caller): Promise<Pick<World, "numbered">> {
  const { version } = await read(caller, healthSchema, { path: "/api/health" });
  return /^[1-8]\./.test(version) ? { numbered: true } : {};
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
  const settings = await readIfThere(caller, schema, { path: "/api/frontend/settings" }).catch(unlessFailing);
  if (settings?.namespace) return settings.namespace;
  const { id } = await read(caller, v.object({ id: v.number() }), { path: "/api/org" });
  return id === 1 ? "default" : `org-${id}`;
}

/** A page that this Grafana fails at says nothing, and another call may. */
function unlessFailing(error: unknown): undefined {
  if (isFault(error)) return undefined;
  throw error;
}

/** A part that this Grafana does not have, or that this account may not read, is not counted either; an export reports it. */
export function unlessAbsent(error: unknown): undefined {
  if (error instanceof PluginError && error.status === 404) return undefined;
  return unlessRefused(error);
}

/** What this account may not read. */
export function unlessRefused(error: unknown): undefined {
  if (error instanceof PluginError && error.status === 403) return undefined;
  throw error;
}
