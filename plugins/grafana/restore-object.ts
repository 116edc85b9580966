import { PluginError, type Problem, v } from "contextcore";
import type { Fields, Server } from "./server.ts";

/** How putting back one object ended. */
export type Outcome =
  | { readonly done: "created"; readonly problems?: readonly Problem[] }
  | { readonly done: "existing" }
  | { readonly done: "refused"; readonly reason: string };

export const CREATED: Outcome = { done: "created" };
export const EXISTING: Outcome = { done: "existing" };
/** The outcome of an object that is not put back. @param reason for the reader, without the object's name */
export const refused = (reason: string): Outcome => ({ done: "refused", reason });

/** What putting back needs besides the object. */
export interface Restoring {
  readonly server: Server;
  /** Values for secrets, by `<uid or name>/<field>`; `*` stands for any uid. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Put back objects that another tool owns, as ordinary ones. */
  readonly managed: boolean;
  readonly signal: AbortSignal;
}

/** Puts back one object unless it is there. */
export type PutBack = (restoring: Restoring, object: Fields, file: string) => Promise<Outcome>;

/** Reads an object with a schema and puts it back. @throws PluginError `invalid` when the file has another shape. */
export const putBack =
  <Schema extends v.GenericSchema>(
    schema: Schema,
    run: (restoring: Restoring, object: v.InferOutput<Schema>) => Promise<Outcome>,
  ): PutBack =>
  (restoring, object, file) => {
    const checked = v.safeParse(schema, object);
    if (checked.success) return run(restoring, checked.output);
    const [issue] = checked.issues;
    throw new PluginError("invalid", `${file}: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
  };

/** True when there is an answer at this path; a kept but unreadable object (403, 406) is there too. */
export async function exists({ server, signal }: Restoring, path: string): Promise<boolean> {
  const { status } = await server.http.send({ path, signal, accept: [403, 404, 406] });
  return status !== 404;
}

/** How one object is sent. */
export interface Creation {
  readonly method?: "POST" | "PUT";
  readonly path: string;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends an object that was not there just now. The server's refusal of this one object is an outcome; trouble that may pass
 * is an error, so that it is sent again. But first it is looked whether the server has stored it and only the answer was
 * lost: sent twice it would be there twice, or count as what had been there before.
 */
export async function create(
  { server, signal }: Restoring,
  { isThere, ...request }: Creation & { readonly isThere: () => Promise<boolean> },
): Promise<Outcome> {
  try {
    await server.http.send({ method: "POST", ...request, signal });
    return CREATED;
  } catch (error) {
    if (!(error instanceof PluginError) || error.status === 401) throw error;
    if (error.kind !== "temporary") return refused(error.message);
    // When even this look fails, the first trouble is what is told, and the next attempt looks again.
    if (await isThere().catch(() => false)) return CREATED;
    throw error;
  }
}

/** Why an object that another tool owns is not put back. */
export const ownedBy = (owner: string): Outcome =>
  refused(
    `It belongs to ${owner}, which would be locked out of its own object, or bring it back itself. To put it back as an ordinary one set backends.grafana.managed: true.`,
  );
