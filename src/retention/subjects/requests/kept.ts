/**
 * `.contextcore/requests/`: a file for each request, with its report, and while something is owed also whose it is and what is known
 * of it, sealed. Both are in one file, so neither is ever there without the other.
 */
import { join } from "node:path";
import * as v from "valibot";
import type { Json } from "../../../contract/contract.ts";
import { entriesIn, isThere } from "../../../storage/entries.ts";
import { type Lock, tryLock } from "../../../storage/lock.ts";
import { makeOwnDirectory, readOwnText } from "../../../storage/own-file.ts";
import { writeWhole } from "../../../storage/whole-file.ts";
import { messageOf } from "../../../units/message-of.ts";
import { RequestError } from "./error.ts";
import type { RequestKey } from "./key.ts";
import { requestSchema, type SubjectRequest } from "./request.ts";

const FORMAT = 1;
const MODE = 0o600;
const BYTES_MAX = 16 << 20;
/** Of `20261201-143000-0123abcd`, by which they are listed in the order of their times. */
const NAME = /^\d{8}-\d{6}-[0-9a-f]{8}$/;

const fileSchema = v.object({
  format: v.literal(FORMAT),
  ...requestSchema.entries,
  sealed: v.optional(v.string()),
});

const pendingSchema = v.object({
  backend: v.string(),
  found: v.array(
    v.object({
      unit: v.string(),
      count: v.number(),
      where: v.string(),
      reference: v.custom<Json>(() => true),
    }),
  ),
});
/** What a server has taken to erase later, as its backend finds it again. */
export type PendingErasure = Readonly<v.InferOutput<typeof pendingSchema>>;

/**
 * What is sealed: who it is; which snapshots hold none of it for sure, by their manifests, as long as persons show up in the `places`
 * of then; and what servers have yet to erase.
 */
const sealedSchema = v.object({
  subject: v.string(),
  known: v.array(v.string()),
  places: v.string(),
  pending: v.array(pendingSchema),
});
/** See {@link sealedSchema}. */
export type Sealed = Readonly<v.InferOutput<typeof sealedSchema>>;

/** The requests of a project. */
export interface KeptRequests {
  /** Newest first. A report that cannot be read is one with a problem. */
  list(): readonly (SubjectRequest | { readonly id: string; readonly problem: string })[];
  /** Keeps it durably, with what is owed sealed; of a closed one nothing of that is left. */
  keep(request: SubjectRequest, sealed: Sealed, key: RequestKey): void;
  /** @throws RequestError when it cannot be read */
  sealedOf(request: Pick<SubjectRequest, "id">, key: RequestKey): Sealed;
  /** One erasure at a time. @returns `undefined` when another one is running */
  lock(): Lock | undefined;
}

/** @param directory the project's */
export function keptRequests(directory: string): KeptRequests {
  const own = join(directory, ".contextcore");
  const folder = join(own, "requests");
  const prepared = (): void => makeOwnDirectory(own, folder, 0o700);
  return {
    list: () => (isThere(folder) ? namesIn(folder).map((id) => reportOf(folder, id)) : []),
    keep(request, sealed, key) {
      prepared();
      const isOpen = request.closed === undefined;
      const more = isOpen ? { sealed: key.seal(JSON.stringify(sealed)) } : {};
      const text = `${JSON.stringify({ format: FORMAT, ...request, ...more }, null, 2)}\n`;
      writeWhole(join(folder, `${request.id}${END}`), text, { mode: MODE });
    },
    sealedOf({ id }, key) {
      const { sealed } = fileOf(folder, id);
      if (sealed === undefined)
        throw new RequestError(
          `nothing is sealed in ${id}${END}`,
          "ask for it anew: contextcore subject erase",
        );
      return v.parse(sealedSchema, JSON.parse(key.unseal(sealed)));
    },
    lock() {
      prepared();
      return tryLock(join(folder, "running"));
    },
  };
}

const END = ".json";

const namesIn = (folder: string): string[] =>
  entriesIn(folder)
    .flatMap(({ name }) => (name.endsWith(END) ? name.slice(0, -END.length) : []))
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();

const fileOf = (folder: string, id: string): v.InferOutput<typeof fileSchema> =>
  v.parse(fileSchema, JSON.parse(readOwnText(join(folder, `${id}${END}`), BYTES_MAX)));

function reportOf(folder: string, id: string): SubjectRequest | { id: string; problem: string } {
  try {
    const { format: _, sealed: __, ...request } = fileOf(folder, id);
    return request;
  } catch (error) {
    return { id, problem: messageOf(error) };
  }
}
