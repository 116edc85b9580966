/** Restores one object: one request creates it, unless it exists or another tool owns it. */
import { PluginError, type Problem, v } from "contextcore";
import type { Outcome, Put, Restoring } from "./kind.ts";

export const CREATED: Outcome = { done: "created" };
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
  readonly method?: "POST" | "PUT";
  readonly path: string;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Missing {
  isThere(): Promise<boolean>;
  /** The other tool that owns it. */
  readonly owner: string | undefined;
  /** What creates it, and what remains to be done. @throws PluginError `invalid` when this server cannot keep it */
  request(): Write & { readonly problems?: readonly Problem[] };
}

/** Creates an object unless it exists or belongs to another tool. */
export async function putMissing(
  restoring: Restoring,
  { isThere, owner, request }: Missing,
): Promise<Outcome> {
  if (await isThere()) return EXISTING;
  const locked = ownedBy(restoring, owner);
  if (locked !== undefined) return locked;
  const written = orRefused(request);
  if ("done" in written) return written;
  const { problems = [], ...write } = written;
  const outcome = await create(restoring, { ...write, isThere });
  return outcome.done === "created" ? { ...outcome, problems } : outcome;
}

function orRefused<Value>(make: () => Value): Value | Outcome {
  try {
    return make();
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

/** True when this path has an answer; an existing but unreadable object (403, 406) counts. */
export async function exists({ http, signal }: Restoring, path: string): Promise<boolean> {
  const { status } = await http.send({ path, signal, accept: [403, 404, 406] });
  return status !== 404;
}

/**
 * Sends an object that did not exist just now. If the server refuses this one object, that is an outcome; a temporary failure
 * is an error, so that it is sent again. Before that, check whether the server has stored it and only the answer was lost: sent
 * again, it would exist twice, or count as having existed before.
 */
export async function create(
  { http, signal }: Restoring,
  { isThere, ...request }: Write & Pick<Missing, "isThere">,
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
