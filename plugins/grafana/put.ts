/** Restores one object: creates it, leaves what is there, or replaces it, unless another tool owns it. */
import { PluginError, type Problem, v, whatDiffers } from "contextcore";
import type { Fields } from "./json.ts";
import type { ObjectKind, Outcome, Put, Restoring } from "./kind.ts";
import { isHidden } from "./server.ts";

/** It was not there, and is now. */
export const CREATED: Outcome = { done: "created" };
/** The server has the same already; nothing was written. */
export const EXISTING: Outcome = { done: "existing" };
type Refused = Extract<Outcome, { done: "refused" }>;

/** The outcome of an object that is not restored. @param reason for the reader, without the object's name */
export const refused = (reason: string): Refused => ({ done: "refused", reason });

/** Parses an object with a schema and restores it. @throws PluginError `invalid` when the file has another shape */
export const putBack =
  <Schema extends v.GenericSchema>(
    schema: Schema,
    run: (restoring: Restoring, object: v.InferOutput<Schema>) => Promise<Outcome>,
  ): Put =>
  (restoring, object, file) => {
    const checked = v.safeParse(schema, object);
    if (checked.success) return run(restoring, checked.output);
    const [issue] = checked.issues;
    throw new PluginError("invalid", `${file}: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
  };

/** A request that writes an object. */
export interface Write {
  /** `POST` unless it is said. */
  readonly method?: "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Placing {
  /** The other tool that owns it. */
  readonly owner: string | undefined;
  /** What creates it. @throws PluginError `invalid` when this server cannot keep it */
  create(): Write | Promise<Write>;
  /** The calls that turn the server's object into the saved one. @throws PluginError as `create` does */
  replace(held: Fields): readonly Write[] | Promise<readonly Write[]>;
  /** What remains to be done after either. */
  readonly problems?: readonly Problem[];
}

/** What is in an object's place: nothing, the same, or another one, which differs in `what`. */
type Standing = { readonly held: undefined } | { readonly held: Fields; readonly what: string | undefined };

/** Looks at what is in an object's place, and compares it. */
export async function standingOf(
  { place, plain }: Pick<ObjectKind, "place" | "plain">,
  server: Restoring,
  saved: Fields,
): Promise<Standing> {
  const held = await place(server)(saved);
  return held === undefined ? { held } : { held, what: whatDiffers(plain(saved), plain(held)) };
}

/** Creates an object, leaves the one that is there, or replaces one that differs. */
export async function putInPlace(
  restoring: Restoring,
  kind: Pick<ObjectKind, "place" | "plain">,
  saved: Fields,
  { owner, create, replace, problems = [] }: Placing,
): Promise<Outcome> {
  const look = () => standingOf(kind, restoring, saved);
  const standing = await orHidden(look());
  if (standing === "hidden") return restoring.replaces ? refused(HIDDEN) : { done: "differs", what: HIDDEN };
  const isNew = standing.held === undefined;
  if (!isNew && standing.what === undefined) return EXISTING;
  if (!isNew && !restoring.replaces) return { done: "differs", what: standing.what ?? "" };
  const locked = ownedBy(restoring, owner);
  if (locked !== undefined) return locked;
  const writes = await orRefused(async () => (isNew ? [await create()] : replace(standing.held ?? {})));
  if ("done" in writes) return writes;
  const isThere = async (): Promise<boolean> => {
    const now = await look();
    return now.held !== undefined && (isNew || now.what === undefined);
  };
  for (const write of writes) {
    const outcome = await send(restoring, { ...write, isThere });
    if (outcome.done !== "created") return outcome;
  }
  return { done: "created", problems, ...(isNew ? {} : { replaced: standing.what ?? "" }) };
}

/** Why an object that is there cannot be compared. */
export const HIDDEN = "it cannot be compared, since this account may not read it";

/** `"hidden"`: it is there, and this account may not read it. */
const orHidden = <Value>(looking: Promise<Value>): Promise<Value | "hidden"> =>
  looking.catch((error: unknown) => {
    if (isHidden(error)) return "hidden";
    throw error;
  });

async function orRefused<Value>(make: () => Promise<Value>): Promise<Value | Refused> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof PluginError && error.kind === "invalid") return refused(error.message);
    throw error;
  }
}

/** Why an object that another tool owns is not restored; `undefined` when nobody owns it, or all are to be restored. */
export function ownedBy({ managed }: Restoring, owner: string | undefined): Refused | undefined {
  if (owner === undefined || managed) return undefined;
  return refused(
    `It belongs to ${owner}, which would be locked out of its own object, or bring it back itself. To put it back as an ordinary one set backends.grafana.managed: true.`,
  );
}

/**
 * Sends a write of one object. If the server refuses this one object, that is an outcome; a temporary failure
 * is an error, so that it is sent again. Before that, check whether the server has stored it and only the answer was lost: sent
 * again, it would exist twice, or count as having existed before.
 */
export async function send(
  { http, signal }: Pick<Restoring, "http" | "signal">,
  { isThere, ...request }: Write & { isThere(): Promise<boolean> },
): Promise<Outcome> {
  try {
    await http.send({ method: "POST", ...request, signal });
    return CREATED;
  } catch (error) {
    if (!(error instanceof PluginError) || error.status === 401) throw error;
    if (error.kind !== "temporary") return refused(error.message);
    // If even this check fails, report the first error; the next attempt checks again.
    if (await isThere().catch(() => false)) return CREATED;
    throw error;
  }
}
