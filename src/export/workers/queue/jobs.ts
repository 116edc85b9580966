/** How exports and their workers find each other in a queue, and what lies there. */
import * as v from "valibot";
import { CONTRACT_VERSION } from "../../../contract/plugin.ts";
import { failureSchema } from "../../../host/apart/failure.ts";
import type { OpenBackend } from "../../../host/open.ts";
import { canonicalJson } from "../../../units/canonical-json.ts";
import { VERSION } from "../../../version.ts";
import { stepSchema, workedSchema } from "../messages.ts";

/** All keys begin with it. */
export const PREFIX = "contextcore";

/** A backend of an export. */
export type QueuedBackend = Pick<OpenBackend, "name" | "plugin" | "url" | "tenant">;

/**
 * The queue of one backend. Its name says who may work on it: programs of this version, whose configuration has the same server and
 * tenant under this name. Others never see what lies there.
 */
export function queueName(project: string, { name, plugin, url = "", tenant = "" }: QueuedBackend): string {
  const said = [name, plugin.name, plugin.version ?? "", url, tenant, CONTRACT_VERSION, VERSION];
  const fingerprint = new Bun.CryptoHasher("sha256").update(canonicalJson(said)).digest("hex");
  return [project, name, fingerprint.slice(0, 16)].map(encodeURIComponent).join(" ");
}

/** A job: which export it is of, and the step, sealed. */
export const jobSchema = v.object({ place: v.string(), name: v.string(), sealed: v.string() });
/** See {@link jobSchema}. */
export type StepJob = v.InferOutput<typeof jobSchema>;

/** What is sealed in it. */
export const queuedStepSchema = v.object({ ...stepSchema.entries, isAlone: v.boolean() });

/** What is sealed in its answer. */
export const queuedAnswerSchema = v.union([
  v.object({ worked: workedSchema }),
  v.object({ failure: failureSchema }),
]);
